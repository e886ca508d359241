"""Loading an encoder for training: its span head, its precision, what is frozen."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from qa.errors import TrainingError
from qa.workshop.training.span_model import choose_precision, encoder_folder, load_span_model

CPU = torch.device("cpu")


def test_load_span_model_gives_a_new_head_from_the_seed(
    save_bert: Callable[..., Path], tmp_path: Path
) -> None:
    folder = save_bert(tmp_path / "bare", head=False)

    def head(seed: int) -> torch.Tensor:
        _, originals = load_span_model(
            folder,
            dropout=0.0,
            train_word_embeddings=False,
            seed=seed,
            dtype=torch.bfloat16,
            device=CPU,
        )
        return originals["qa_outputs.weight"]

    assert torch.equal(head(1), head(1))
    assert not torch.equal(head(1), head(2))


@pytest.mark.parametrize("train_word_embeddings", [True, False])
def test_load_span_model_computes_in_the_type_asked(
    tiny_bert: Path, train_word_embeddings: bool
) -> None:
    model, originals = load_span_model(
        tiny_bert,
        dropout=0.25,
        attention_dropout=0.5,
        train_word_embeddings=train_word_embeddings,
        seed=1,
        dtype=torch.bfloat16,
        device=CPU,
    )
    assert model.training
    assert model.get_input_embeddings().weight.requires_grad is train_word_embeddings
    assert model.get_submodule("qa_outputs").weight.dtype == torch.float32
    assert next(model.base_model.parameters()).dtype == torch.bfloat16
    assert {tensor.dtype for tensor in originals.values()} == {torch.float32}
    assert originals.keys() == {name for name, _ in model.named_parameters()}
    dropouts = {m.p for m in model.modules() if isinstance(m, torch.nn.Dropout)}
    assert dropouts == {0.25, 0.5}
    attentions = [m for name, m in model.named_modules() if name.endswith("attention.self.dropout")]
    assert {m.p for m in attentions} == {0.5}


def test_load_span_model_refuses_folders_without_a_model(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="Can't load the encoder"):
        load_span_model(
            tmp_path,
            dropout=0.0,
            train_word_embeddings=False,
            seed=1,
            dtype=torch.float32,
            device=CPU,
        )


def test_encoder_folder_knows_ours_and_folders(tmp_path: Path) -> None:
    assert (encoder_folder("all-MiniLM-L6-v2") / "model.safetensors").is_file()
    assert encoder_folder(str(tmp_path)) == tmp_path


def test_encoder_folder_refuses_what_is_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub

    def offline(name: str, **_: object) -> str:
        raise OSError(f"no network for {name}")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", offline)
    with pytest.raises(TrainingError, match=r"Can't find the encoder 'no/such'.*no network"):
        encoder_folder("no/such")


def test_choose_precision_follows_the_wish_and_the_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert choose_precision("float32", CPU) == torch.float32
    assert choose_precision("bf16", CPU) == torch.bfloat16
    for supported, dtype in ((True, torch.bfloat16), (False, torch.float32)):
        monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda s=supported: s)
        assert choose_precision("auto", CPU) == dtype
