"""The encoder: token numbers in, hidden states out, a chunk of sequences at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from pathlib import Path

import torch
from torch import Tensor

from retrieval.encoding.bert.embeddings import Embeddings
from retrieval.encoding.bert.layer import Layer
from retrieval.encoding.bert.packing import rounded, split_chunks, split_groups
from retrieval.encoding.bert.positions import RelativeBias
from retrieval.encoding.bert.precision import Precision, has_fast_bfloat16
from retrieval.encoding.bert.shape import CONFIG_FILE, BertShape
from retrieval.encoding.bert.weights import Weights, read_weights
from retrieval.errors import EncoderError
from retrieval.system.allocator import keep_freed_memory

__all__ = ["PackedBert"]


class PackedBert:
    """The weights of a BERT or MPNet encoder, ready to run. Make one with `load`.

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
            tensors: By their Hugging Face names, with or without the architecture's in front,
                in any floating-point type or in eight bits (`quantised`). The word embeddings
                are used in place, not copied.
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
        weights = Weights(tensors)
        weights.check(shape)
        with torch.inference_mode():
            self._embeddings = Embeddings(shape, weights)
            self._layers = [Layer(shape, i, weights, self.dtype) for i in range(shape.layers)]
            self._bias = None
            if shape.buckets:
                biases = weights.take("encoder.relative_attention_bias.weight")
                self._bias = RelativeBias(biases, rounded(shape.max_length), self.dtype)
            self.extra = weights.take_rest()

    @classmethod
    def load(cls, folder: Path, *, dtype: Precision = "auto") -> PackedBert:
        """Read `config.json` and the weights from a folder.

        Raises:
            EncoderError: A file is absent or broken, the architecture is another, or a
                tensor is missing or has another shape than the configuration says.
        """
        shape = BertShape.read(folder / CONFIG_FILE)
        tensors = read_weights(folder)
        try:
            return cls(shape, tensors, dtype=dtype)
        except EncoderError as error:
            raise EncoderError(f"the weights in {str(folder)!r}: {error}") from error

    @property
    def hidden_size(self) -> int:
        """Length of a token's hidden state."""
        return self.shape.hidden

    @property
    def max_length(self) -> int:
        """Most tokens in a sequence."""
        return self.shape.max_length

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
        for members in split_chunks(lengths):
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
        for members in split_chunks(lengths):
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
                [
                    layer.attention(x, self._bias)
                    for layer, x in zip(self._layers, states, strict=True)
                ]
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
        # (tokens, hidden): summed and normalised exactly, then narrowed once.
        x = self._embeddings(ids, kinds, lengths).to(self.dtype)
        tokens = len(x)
        groups = split_groups(lengths)
        spare = groups[-1].end - tokens
        if spare:
            # Any ordinary numbers do: rows meet only in attention, which leaves these out.
            x = torch.cat([x, x[:1].expand(spare, -1)])
        kept = [x] if n_layers > len(self._layers) else []
        for number, layer in enumerate(self._layers):
            x = layer(x, groups, self._bias)
            if number >= len(self._layers) - n_layers:
                kept.append(x)
        return [states[:tokens] for states in kept]

    def _check_lengths(
        self, lengths: Sequence[int], type_ids: Sequence[Sequence[int]] | None
    ) -> None:
        for i, length in enumerate(lengths):
            if not 1 <= length <= self.max_length:
                raise ValueError(
                    f"sequence {i} has {length} tokens, expected 1 to {self.max_length}; "
                    "cut it before encoding"
                )
        if type_ids is not None:
            other = [len(kinds) for kinds in type_ids]
            if other != list(lengths):
                raise ValueError(
                    f"type_ids have lengths {other!r}, input_ids {list(lengths)!r}; "
                    "expected the same"
                )
