"""BERT's encoder as a forward pass over packed token sequences, for CPUs.

Serves the sentence encoder and the extractive reader. It reads `config.json` and
`model.safetensors` itself: importing `transformers` would cost half of a cold start. It
is not for training, and knows one architecture, the original BERT encoder (Devlin et al.
2019, section 3) with learned absolute positions and layer norm after each block.

What makes it fast on a CPU, each measured:

- Sequences lie one behind the other in every linear layer. Only attention pads, and only
  among sequences of nearly one length.
- Numbers of rows are rounded up to few different ones (`_rounded`): oneDNN compiles a kernel
  for each that it meets, and remembers so many of them.
- Weights are laid out once for oneDNN. On processors that are not Intel's this doubles even
  the float32 rate, since MKL takes a slow path there.
- bfloat16 where the processor multiplies it natively: twice the rate of float32 again.
- Tokens go through all layers a cacheful at a time, so activations stay near the core.

Shapes: tokens, hidden, heads, width (hidden / heads), rows (sequences of one group), places
(columns of its padded grid).
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor

from retrieval.allocator import keep_freed_memory
from retrieval.errors import EncoderError

__all__ = ["BertShape", "PackedBert", "Precision", "has_fast_bfloat16"]

Precision = Literal["auto", "float32", "bfloat16"]
"""How to multiply; "auto" is bfloat16 where the processor does it natively."""

CONFIG_FILE = "config.json"
WEIGHTS_FILE = "model.safetensors"

# Tokens that go through all layers together. At 1024 the widest activation (1536 columns,
# bfloat16) is 3 MB; from 512 to 2048 the rate differs by little, above it falls.
_CHUNK_TOKENS = 1024

# Sequences share an attention call when the shortest has at least this part of the
# longest's length, or lacks at most this many tokens: padding in attention is then cheaper
# than another call.
_GROUP_RATIO = 0.85
_GROUP_SLACK = 8

# (rows, step): numbers up to `rows` are rounded up to a multiple of `step`. A new shape costs
# six kernels, together more than twice the pass over a short message; finer steps make more
# shapes than a server's bounded cache holds, coarser ones more rows without a token.
_STEPS = ((128, 16), (512, 32))
_LARGEST_STEP = 64

# From this length on, torch's fused attention beats plain products in float32 (in bfloat16
# it never does).
_BLOCKWISE_LENGTH = 192

# Sums of exponentials between which none that matters was lost to under- or overflow.
_LEAST_SUM = 1e-15
_MOST_SUM = 1e30

# Activation names of config.json -> name and algorithm of oneDNN's fused post-operation.
_ACTIVATIONS: Mapping[str, tuple[str, str]] = {
    "gelu": ("gelu", "none"),
    "gelu_new": ("gelu", "tanh"),
    "gelu_pytorch_tanh": ("gelu", "tanh"),
    "relu": ("relu", ""),
}

# Values of ONEDNN_MAX_CPU_ISA that hide native bfloat16 from oneDNN.
_ISA_WITHOUT_BFLOAT16 = frozenset(
    {"SSE41", "AVX", "AVX2", "AVX2_VNNI", "AVX2_VNNI_2", "AVX512_CORE", "AVX512_CORE_VNNI"}
)


def _has_onednn(dtype: torch.dtype = torch.float32) -> bool:
    """Tell whether torch has oneDNN (also called MKL-DNN), and it takes this type here."""
    if not torch.backends.mkldnn.is_available():  # type: ignore[no-untyped-call]
        return False
    return dtype is not torch.bfloat16 or bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())


def has_fast_bfloat16() -> bool:
    """Tell whether this process multiplies bfloat16 natively.

    Asks the processor, then what the environment leaves of it: `ONEDNN_MAX_CPU_ISA` and
    `ATEN_CPU_CAPABILITY` mask instructions. Without native support oneDNN emulates
    bfloat16 more slowly than float32.
    """
    if not _has_onednn():
        return False
    limit = os.environ.get("ONEDNN_MAX_CPU_ISA") or os.environ.get("DNNL_MAX_CPU_ISA") or "ALL"
    if limit.upper() in _ISA_WITHOUT_BFLOAT16:
        return False
    if not torch.backends.cpu.get_cpu_capability().startswith("AVX512"):
        return False
    found = torch.cpu.get_capabilities()
    return bool(found.get("avx512_bf16") or found.get("amx_bf16"))


@dataclass(frozen=True)
class BertShape:
    """The numbers of a `config.json` that decide BERT's arithmetic."""

    vocabulary: int
    hidden: int
    layers: int
    heads: int
    intermediate: int
    positions: int
    types: int
    epsilon: float
    activation: str

    @classmethod
    def read(cls, path: Path) -> BertShape:
        """Read a Hugging Face `config.json`.

        Raises:
            EncoderError: The file is absent or broken, or describes something else than
                a plain BERT encoder.
        """
        try:
            config = json.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise EncoderError(
                f"cannot read {str(path)!r} ({error.strerror or error}); expected the folder of a "
                f"Hugging Face model with {CONFIG_FILE} and {WEIGHTS_FILE}"
            ) from error
        except ValueError as error:
            raise EncoderError(
                f"{str(path)!r} is not valid JSON ({error}); copy the model's folder again"
            ) from error
        return cls.from_config(config, where=str(path))

    @classmethod
    def from_config(cls, config: Any, *, where: str = CONFIG_FILE) -> BertShape:
        """Check a parsed `config.json`; `where` names it in messages.

        Raises:
            EncoderError: A value is missing, of the wrong kind or not supported.
        """
        if not isinstance(config, dict):
            raise EncoderError(f"{where}: expected a JSON object, found {type(config).__name__}")
        for key, wanted in _REQUIRED_VALUES.items():
            found = config.get(key, wanted[0] if key != "model_type" else None)
            if found not in wanted:
                expected = " or ".join(repr(value) for value in wanted)
                raise EncoderError(
                    f"{where}: {key} is {found!r}, expected {expected}; "
                    "this file reads the original BERT architecture only"
                )
        numbers = {}
        for name, key in _SIZE_KEYS.items():
            size = config.get(key)
            if not isinstance(size, int) or isinstance(size, bool) or size < 1:
                raise EncoderError(f"{where}: {key} is {size!r}, expected a positive integer")
            numbers[name] = size
        if numbers["hidden"] % numbers["heads"]:
            raise EncoderError(
                f"{where}: hidden_size is {numbers['hidden']} and num_attention_heads is "
                f"{numbers['heads']}; the first must be a multiple of the second"
            )
        epsilon = config.get("layer_norm_eps", 1e-12)
        if not isinstance(epsilon, (int, float)) or not 0 < epsilon < 1:
            raise EncoderError(
                f"{where}: layer_norm_eps is {epsilon!r}, expected a number between 0 and 1"
            )
        return cls(epsilon=float(epsilon), activation=config.get("hidden_act", "gelu"), **numbers)


_SIZE_KEYS = {
    "vocabulary": "vocab_size",
    "hidden": "hidden_size",
    "layers": "num_hidden_layers",
    "heads": "num_attention_heads",
    "intermediate": "intermediate_size",
    "positions": "max_position_embeddings",
    "types": "type_vocab_size",
}

# Key of config.json -> values understood; the first is what its absence means.
_REQUIRED_VALUES: Mapping[str, tuple[object, ...]] = {
    "model_type": ("bert",),
    "position_embedding_type": ("absolute",),
    "hidden_act": tuple(_ACTIVATIONS),
    "is_decoder": (False,),
    "add_cross_attention": (False,),
}


class _Linear:
    """`x @ weight.T + bias`, optionally with an activation or a residual fused in.

    oneDNN's own layout is used where torch was built with it; otherwise the plain
    operators give the same numbers.
    """

    def __init__(self, weight: Tensor, bias: Tensor, dtype: torch.dtype) -> None:
        weight = weight.to(dtype).contiguous()
        self._bias = bias.to(dtype).contiguous()
        self._packed = _has_onednn(dtype)
        if self._packed:
            weight = torch.ops.mkldnn._reorder_linear_weight(weight, _CHUNK_TOKENS)
        self._weight = weight

    def __call__(self, x: Tensor) -> Tensor:
        if self._packed:
            plain: Tensor = torch.ops.mkldnn._linear_pointwise(
                x, self._weight, self._bias, "none", [], ""
            )
            return plain
        return torch.nn.functional.linear(x, self._weight, self._bias)

    def activated(self, x: Tensor, activation: str) -> Tensor:
        """Apply the layer, then the activation (a key of `_ACTIVATIONS`)."""
        name, algorithm = _ACTIVATIONS[activation]
        if self._packed:
            fused: Tensor = torch.ops.mkldnn._linear_pointwise(
                x, self._weight, self._bias, name, [], algorithm
            )
            return fused
        y = torch.nn.functional.linear(x, self._weight, self._bias)
        if name == "relu":
            return torch.relu_(y)
        return torch.nn.functional.gelu(y, approximate=algorithm)

    def plus(self, x: Tensor, residual: Tensor) -> Tensor:
        """Apply the layer and add the residual."""
        if self._packed:
            fused: Tensor = torch.ops.mkldnn._linear_pointwise.binary(
                x, residual, self._weight, self._bias, "add"
            )
            return fused
        return torch.nn.functional.linear(x, self._weight, self._bias).add_(residual)


class _Norm:
    """Layer norm over the last dimension."""

    def __init__(
        self, weight: Tensor, bias: Tensor, epsilon: float, dtype: torch.dtype = torch.float32
    ) -> None:
        self._weight = weight.to(dtype).contiguous()
        self._bias = bias.to(dtype).contiguous()
        self._shape = [weight.numel()]
        self._epsilon = epsilon

    def __call__(self, x: Tensor) -> Tensor:
        return torch.layer_norm(x, self._shape, self._weight, self._bias, self._epsilon)


def _rounded(rows: int) -> int:
    """Return the number of rows that stands for this one, so that few different ones occur.

    >>> [_rounded(rows) for rows in (1, 16, 17, 130, 1000)]
    [16, 16, 32, 160, 1024]
    """
    step = next((step for most, step in _STEPS if rows <= most), _LARGEST_STEP)
    return -(-rows // step) * step


@dataclass(frozen=True)
class _Group:
    """Neighbouring sequences of a chunk that share one attention call.

    Attributes:
        start: First token of the group in the chunk.
        end: One past its last row in the chunk, spare ones included.
        lengths: Tokens of each sequence, longest first.
        places: Columns of the padded grid: the longest length, rounded up.
        padded: (sequences * places,) token of the chunk for each place of the padded grid;
            None if the tokens already lie as a grid.
        real: (end - start,) place in the padded grid of each token; None likewise.
        short: (first row, end row, length) of each run of rows with less than `places` tokens.
    """

    start: int
    end: int
    lengths: tuple[int, ...]
    places: int
    padded: Tensor | None
    real: Tensor | None
    short: tuple[tuple[int, int, int], ...]

    @classmethod
    def make(cls, start: int, lengths: Sequence[int], spare: int = 0) -> _Group:
        """Lay out sequences of the given lengths (longest first) from token `start` on.

        Args:
            start: First token.
            lengths: Of the sequences.
            spare: Rows behind the last token that hold none; they get finite numbers.
        """
        places, end = _rounded(lengths[0]), start + sum(lengths) + spare
        edges = [0, *(i for i in range(1, len(lengths)) if lengths[i] != lengths[i - 1])]
        runs = [(a, b, lengths[a]) for a, b in pairwise([*edges, len(lengths)])]
        short = tuple(run for run in runs if run[2] < places)
        if len(lengths) * places == end - start and (not short or len(lengths) == 1):
            return cls(start, end, tuple(lengths), places, None, None, short)
        # (sequences, places)
        sizes = torch.tensor(lengths).unsqueeze(1)
        first = torch.cumsum(sizes, 0) - sizes + start
        column = torch.arange(places).unsqueeze(0)
        is_real = column < sizes
        # Padding repeats the sequence's first token: finite numbers that are masked anyway.
        padded = torch.where(is_real, first + column, first).flatten()
        real = is_real.flatten().nonzero().squeeze(1)
        if spare:
            real = torch.cat([real, real[-1:].expand(spare)])
        return cls(start, end, tuple(lengths), places, padded, real, short)


def _groups(lengths: Sequence[int], spare: int) -> list[_Group]:
    """Split a chunk's sequences (longest first) into groups of nearly one length.

    The last group has the chunk's spare rows.
    """
    groups: list[_Group] = []
    first = token = 0
    for i in range(1, len(lengths) + 1):
        if i < len(lengths):
            longest = lengths[first]
            if lengths[i] >= min(longest * _GROUP_RATIO, longest - _GROUP_SLACK):
                continue
        groups.append(_Group.make(token, lengths[first:i], spare if i == len(lengths) else 0))
        token = groups[-1].end
        first = i
    return groups


def _chunks(lengths: Sequence[int]) -> list[list[int]]:
    """Split sequences, longest first, into chunks of about `_CHUNK_TOKENS` tokens.

    Returns:
        Chunks of indices into `lengths`. A longer sequence is a chunk of its own.
    """
    chunks: list[list[int]] = []
    filled = 0
    for i in sorted(range(len(lengths)), key=lambda i: -lengths[i]):
        if not chunks or filled + lengths[i] > _CHUNK_TOKENS:
            chunks.append([])
            filled = 0
        chunks[-1].append(i)
        filled += lengths[i]
    return chunks


def _attend_at_once(query: Tensor, key: Tensor, value: Tensor, group: _Group) -> Tensor:
    """Attend with all scores in memory: (rows, heads, places, width) each -> the same."""
    # (rows, heads, places, places)
    scores = _scores(query, key, group)
    if scores.dtype is torch.float32:
        return torch.matmul(torch.softmax(scores, -1), value)
    # torch's softmax is slow in bfloat16, mostly in finding each row's largest score.
    # Without that step the exponentials of ordinary scores still fit: bfloat16 reaches as
    # far as float32. Where they do not (sums near the ends of the range), do it in full.
    weights = scores.exp_()
    # (rows, heads, places, 1). Where no row has a token, nothing is summed: the sum's rounding
    # hangs on the number of terms.
    total = weights[..., : group.lengths[0]].sum(-1, keepdim=True, dtype=torch.float32)
    least, most = torch.aminmax(total)
    if float(least) > _LEAST_SUM and float(most) < _MOST_SUM:
        return torch.matmul(weights, value).div_(total)
    return torch.matmul(torch.softmax(_scores(query, key, group), -1), value)


def _scores(query: Tensor, key: Tensor, group: _Group) -> Tensor:
    scores = torch.matmul(query, key.transpose(-1, -2))
    for first, end, length in group.short:
        scores[first:end, :, :, length:] = -math.inf
    return scores


def _attend_blockwise(query: Tensor, key: Tensor, value: Tensor, group: _Group) -> Tensor:
    """Attend by torch's fused kernel: the same, never holding all scores at once."""
    mask = None
    if group.short:
        # (rows, 1, 1, places), True = real token
        mask = torch.ones(len(group.lengths), 1, 1, group.places, dtype=torch.bool)
        for first, end, length in group.short:
            mask[first:end, :, :, length:] = False
    return torch.nn.functional.scaled_dot_product_attention(
        query, key, value, attn_mask=mask, scale=1.0
    )


class _Layer:
    """One block: attention, then a two-layer perceptron, each with residual and norm."""

    def __init__(
        self, shape: BertShape, number: int, tensors: dict[str, Tensor], dtype: torch.dtype
    ) -> None:
        def take(name: str) -> Tensor:
            return tensors.pop(f"encoder.layer.{number}.{name}").float()

        self._heads = shape.heads
        self._activation = shape.activation
        scale = 1 / math.sqrt(shape.hidden // shape.heads)
        rows = [take(f"attention.self.{part}.weight") for part in ("query", "key", "value")]
        biases = [take(f"attention.self.{part}.bias") for part in ("query", "key", "value")]
        # The scores' scale is a constant factor of the query: one multiplication at load.
        rows[0] = rows[0] * scale
        biases[0] = biases[0] * scale
        self._qkv = _Linear(torch.cat(rows), torch.cat(biases), dtype)
        self._joined = _Linear(
            take("attention.output.dense.weight"), take("attention.output.dense.bias"), dtype
        )
        self._attention_norm = _Norm(
            take("attention.output.LayerNorm.weight"),
            take("attention.output.LayerNorm.bias"),
            shape.epsilon,
            dtype,
        )
        self._wide = _Linear(
            take("intermediate.dense.weight"), take("intermediate.dense.bias"), dtype
        )
        self._narrow = _Linear(take("output.dense.weight"), take("output.dense.bias"), dtype)
        self._output_norm = _Norm(
            take("output.LayerNorm.weight"), take("output.LayerNorm.bias"), shape.epsilon, dtype
        )

    def __call__(self, x: Tensor, groups: Sequence[_Group]) -> Tensor:
        """Map (tokens, hidden) to (tokens, hidden)."""
        qkv = self._qkv(x)
        parts = [self._attend(qkv, group) for group in groups]
        attended = parts[0] if len(parts) == 1 else torch.cat(parts)
        x = self._attention_norm(self._joined.plus(attended, x))
        return self._output_norm(self._narrow.plus(self._wide.activated(x, self._activation), x))

    def attention(self, x: Tensor) -> Tensor:
        """Return how one sequence's tokens attend, (heads, tokens, tokens) float32.

        Args:
            x: (tokens, hidden) what goes into the layer.
        """
        # (2, heads, tokens, width)
        query, key = self._qkv(x).view(len(x), 3, self._heads, -1).permute(1, 2, 0, 3)[:2].float()
        return torch.softmax(query @ key.transpose(1, 2), dim=-1)

    def _attend(self, qkv: Tensor, group: _Group) -> Tensor:
        """Attend within each sequence of a group.

        Args:
            qkv: (tokens, 3 * hidden) of the whole chunk, the query scaled.
            group: Which of them.

        Returns:
            (group's tokens and spare rows, hidden).
        """
        if group.padded is None:
            qkv = qkv[group.start : group.end]
        else:
            qkv = qkv.index_select(0, group.padded)
        rows, places = len(group.lengths), group.places
        # (3, rows, heads, places, width)
        grid = qkv.view(rows, places, 3, self._heads, -1).permute(2, 0, 3, 1, 4)
        query, key, value = grid.contiguous()
        if qkv.dtype is torch.float32 and places >= _BLOCKWISE_LENGTH:
            mixed = _attend_blockwise(query, key, value, group)
        else:
            mixed = _attend_at_once(query, key, value, group)
        # (rows * places, hidden)
        mixed = mixed.transpose(1, 2).reshape(rows * places, -1)
        return mixed if group.real is None else mixed.index_select(0, group.real)


class PackedBert:
    """A BERT encoder's weights, ready to run. Make one with `load`.

    Instances hold no state between calls: several threads may call `forward` at once.
    The number of threads is torch's; set it with `torch.set_num_threads`.

    Attributes:
        shape: Its sizes.
        dtype: What it multiplies in.
        extra: Tensors of the file that belong to no part of the encoder, by name, in
            float32: a reader's `qa_outputs.weight`, for one.
    """

    def __init__(
        self, shape: BertShape, tensors: Mapping[str, Tensor], *, dtype: Precision = "auto"
    ) -> None:
        """Lay out the weights.

        Args:
            shape: Sizes that the tensors must have.
            tensors: By their Hugging Face names, with or without "bert." in front, in any
                floating-point type. The word embeddings are used in place, not copied.
            dtype: What to multiply in.

        Raises:
            EncoderError: A tensor is missing or has another shape.
        """
        if dtype not in ("auto", "float32", "bfloat16"):
            raise EncoderError(f"dtype is {dtype!r}, expected 'auto', 'float32' or 'bfloat16'")
        keep_freed_memory()
        self.shape = shape
        fast = dtype == "bfloat16" or (dtype == "auto" and has_fast_bfloat16())
        self.dtype = torch.bfloat16 if fast else torch.float32
        inner = {name.removeprefix("bert."): tensor for name, tensor in tensors.items()}
        _check_shapes(shape, inner)
        with torch.inference_mode():
            # Rows are looked up and widened as needed: the table stays as it is in the file,
            # mapped into memory, and only the words that occur are ever read from the disk.
            self._words = inner.pop("embeddings.word_embeddings.weight")
            self._positions = inner.pop("embeddings.position_embeddings.weight").float()
            self._types = inner.pop("embeddings.token_type_embeddings.weight").float()
            self._norm = _Norm(
                inner.pop("embeddings.LayerNorm.weight").float(),
                inner.pop("embeddings.LayerNorm.bias").float(),
                shape.epsilon,
            )
            self._layers = [_Layer(shape, i, inner, self.dtype) for i in range(shape.layers)]
            self.extra = {
                name: tensor.float()
                for name, tensor in inner.items()
                if not name.startswith(_UNUSED) and tensor.is_floating_point()
            }

    @classmethod
    def load(cls, folder: Path, *, dtype: Precision = "auto") -> PackedBert:
        """Read `config.json` and `model.safetensors` from a folder.

        Raises:
            EncoderError: A file is absent or broken, the architecture isn't BERT, or a
                tensor is missing or has another shape than the configuration says.
        """
        from safetensors import SafetensorError, safe_open

        shape = BertShape.read(folder / CONFIG_FILE)
        path = folder / WEIGHTS_FILE
        try:
            with safe_open(path, framework="pt") as weights:
                tensors = {name: weights.get_tensor(name) for name in weights.keys()}  # noqa: SIM118
        except FileNotFoundError as error:
            raise EncoderError(
                f"{str(path)!r} is absent; expected the weights in one safetensors file. Convert "
                "others with transformers: model.save_pretrained(folder, max_shard_size='100GB')"
            ) from error
        except (OSError, SafetensorError) as error:
            raise EncoderError(
                f"cannot read {str(path)!r} ({error}); copy the model's folder again"
            ) from error
        try:
            return cls(shape, tensors, dtype=dtype)
        except EncoderError as error:
            raise EncoderError(f"{str(path)!r}: {error}") from error

    @property
    def hidden_size(self) -> int:
        """Length of a token's hidden state."""
        return self.shape.hidden

    @property
    def max_length(self) -> int:
        """Most tokens in a sequence."""
        return self.shape.positions

    def forward(
        self,
        input_ids: Sequence[Sequence[int]],
        type_ids: Sequence[Sequence[int]] | None = None,
    ) -> tuple[Tensor, list[int]]:
        """Run the encoder over sequences of any lengths, special tokens included.

        Args:
            input_ids: Vocabulary numbers, one list a sequence.
            type_ids: Segment numbers, of the same lengths; None is all 0.

        Returns:
            Last hidden states, (tokens, hidden) float32, the sequences one behind the other
            in the order given; and the length of each. Split them with `split(lengths)`.

        Raises:
            ValueError: A sequence is empty or too long, a number is out of range, or the
                two arguments' lengths differ.
        """
        lengths = [len(ids) for ids in input_ids]
        states = torch.empty(sum(lengths), self.shape.hidden)
        starts = [0, *accumulate(lengths)]
        for members, done in self.chunks(input_ids, type_ids):
            with torch.inference_mode():
                parts = torch.split(done, [lengths[i] for i in members])
                for i, part in zip(members, parts, strict=True):
                    states[starts[i] : starts[i + 1]] = part
        return states, lengths

    __call__ = forward

    def chunks(
        self,
        input_ids: Sequence[Sequence[int]],
        type_ids: Sequence[Sequence[int]] | None = None,
    ) -> Iterator[tuple[list[int], Tensor]]:
        """Run as `forward` does, handing on each cacheful: long sequences first.

        Args:
            input_ids: As for `forward`.
            type_ids: As for `forward`.

        Yields:
            Which sequences, and their last hidden states one behind the other,
            (tokens, hidden) in the type that the model multiplies in.

        Raises:
            ValueError: As for `forward`.
        """
        lengths = [len(ids) for ids in input_ids]
        self._check_lengths(lengths, type_ids)
        for members in _chunks(lengths):
            ids = torch.tensor([n for i in members for n in input_ids[i]])
            kinds = None
            if type_ids is not None:
                kinds = torch.tensor([n for i in members for n in type_ids[i]])
            with torch.inference_mode():  # never across a yield: it would hold in the caller
                states = self._run(ids, kinds, [lengths[i] for i in members])[-1]
            yield members, states

    def layered_chunks(
        self, input_ids: Sequence[Sequence[int]], n_layers: int
    ) -> Iterator[tuple[list[int], list[Tensor]]]:
        """Run as `chunks` does, handing on the states of the last few layers.

        Args:
            input_ids: As for `forward`.
            n_layers: How many; at most all of them.

        Yields:
            Which sequences, and one (tokens, hidden) a layer, the last layer last.

        Raises:
            ValueError: As for `forward`.
        """
        lengths = [len(ids) for ids in input_ids]
        self._check_lengths(lengths, None)
        for members in _chunks(lengths):
            ids = torch.tensor([n for i in members for n in input_ids[i]])
            with torch.inference_mode():
                states = self._run(ids, None, [lengths[i] for i in members], n_layers)
            yield members, states

    def attentions(self, input_ids: Sequence[int], type_ids: Sequence[int] | None = None) -> Tensor:
        """Return what every head of every layer attends to in one sequence.

        For looking at: it costs one more product per layer than `forward`.

        Args:
            input_ids: (tokens,) vocabulary numbers, special tokens included.
            type_ids: (tokens,) segment numbers; None is all 0.

        Returns:
            (layers, heads, tokens, tokens) float32; a row says where its token attends to
            and sums to 1.

        Raises:
            ValueError: As for `forward`.
        """
        self._check_lengths([len(input_ids)], None if type_ids is None else [type_ids])
        kinds = None if type_ids is None else torch.tensor(type_ids)
        with torch.inference_mode():
            ids = torch.tensor(input_ids)
            n_layers = len(self._layers)
            # What goes into each layer: the embeddings, then each layer's output but the last's.
            states = self._run(ids, kinds, [len(input_ids)], n_layers + 1)[:-1]
            return torch.stack(
                [layer.attention(x) for layer, x in zip(self._layers, states, strict=True)]
            )

    def _run(
        self, ids: Tensor, kinds: Tensor | None, lengths: Sequence[int], n_layers: int = 1
    ) -> list[Tensor]:
        """Run one chunk, longest sequence first.

        Args:
            ids: (tokens,) numbers.
            kinds: (tokens,) type numbers, or None.
            lengths: Of the sequences.
            n_layers: Of how many of the last layers to return the states; one more than
                there are begins with the embeddings.

        Returns:
            (tokens, hidden) each, the last layer last.
        """
        _check_range("input id", ids, self.shape.vocabulary)
        places = torch.cat([torch.arange(length) for length in lengths])
        # (tokens, hidden) float32: summed and normalised exactly, then narrowed once.
        x = self._words.index_select(0, ids).float()
        x += self._positions.index_select(0, places)
        if kinds is None:
            x += self._types[0]
        else:
            _check_range("type id", kinds, self.shape.types)
            x += self._types.index_select(0, kinds)
        x = self._norm(x).to(self.dtype)
        tokens = len(x)
        spare = _rounded(tokens) - tokens
        if spare:
            # Any ordinary numbers do: rows meet only in attention, which leaves these out.
            x = torch.cat([x, x[:1].expand(spare, -1)])
        groups = _groups(lengths, spare)
        kept = [x] if n_layers > len(self._layers) else []
        for number, layer in enumerate(self._layers):
            x = layer(x, groups)
            if number >= len(self._layers) - n_layers:
                kept.append(x)
        return [states[:tokens] for states in kept]

    def _check_lengths(
        self, lengths: Sequence[int], type_ids: Sequence[Sequence[int]] | None
    ) -> None:
        for i, length in enumerate(lengths):
            if not 1 <= length <= self.shape.positions:
                raise ValueError(
                    f"sequence {i} has {length} tokens, expected 1 to {self.shape.positions}; "
                    "cut it before encoding"
                )
        if type_ids is not None:
            other = [len(kinds) for kinds in type_ids]
            if other != list(lengths):
                raise ValueError(
                    f"type_ids have lengths {other!r}, input_ids {list(lengths)!r}; "
                    "expected the same"
                )


# What a checkpoint may hold beside the encoder and no reader or sentence encoder asks for.
_UNUSED = ("pooler.", "cls.", "embeddings.position_ids")


def _check_range(name: str, numbers: Tensor, end: int) -> None:
    low, high = int(numbers.min()), int(numbers.max())
    if low < 0 or high >= end:
        wrong = low if low < 0 else high
        raise ValueError(
            f"{name} {wrong} is out of range, expected 0 to {end - 1}; "
            "is the tokenizer the model's own?"
        )


def _check_shapes(shape: BertShape, tensors: Mapping[str, Tensor]) -> None:
    """Compare every tensor that the encoder needs with what the configuration says."""
    hidden, wide = shape.hidden, shape.intermediate
    expected: dict[str, tuple[int, ...]] = {
        "embeddings.word_embeddings.weight": (shape.vocabulary, hidden),
        "embeddings.position_embeddings.weight": (shape.positions, hidden),
        "embeddings.token_type_embeddings.weight": (shape.types, hidden),
        "embeddings.LayerNorm.weight": (hidden,),
        "embeddings.LayerNorm.bias": (hidden,),
    }
    dense: dict[str, tuple[int, ...]] = {
        "attention.self.query": (hidden, hidden),
        "attention.self.key": (hidden, hidden),
        "attention.self.value": (hidden, hidden),
        "attention.output.dense": (hidden, hidden),
        "intermediate.dense": (wide, hidden),
        "output.dense": (hidden, wide),
    }
    for i in range(shape.layers):
        for name, size in dense.items():
            expected[f"encoder.layer.{i}.{name}.weight"] = size
            expected[f"encoder.layer.{i}.{name}.bias"] = size[:1]
        for name in ("attention.output.LayerNorm", "output.LayerNorm"):
            expected[f"encoder.layer.{i}.{name}.weight"] = (hidden,)
            expected[f"encoder.layer.{i}.{name}.bias"] = (hidden,)
    for name, size in expected.items():
        if name not in tensors:
            raise EncoderError(
                f"tensor {name!r} is absent, expected one of shape {size} as {CONFIG_FILE} says; "
                "is this a BERT model?"
            )
        found = tuple(tensors[name].shape)
        if found != size:
            raise EncoderError(
                f"tensor {name!r} has shape {found}, but {CONFIG_FILE} asks for {size}; "
                "the two files don't belong together"
            )
