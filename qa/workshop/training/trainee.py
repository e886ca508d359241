"""What the training loop needs of a reader, whatever its network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from qa.errors import ReaderError, TrainingError
from qa.reading.windows import SpecialTokens, load_tokenizer, special_tokens

if TYPE_CHECKING:
    import torch

    from qa.reading.windows import TextTokenizer
    from qa.workshop.training.prediction import SpanNetwork
    from qa.workshop.training.recipe import Recipe

__all__ = ["Export", "Trainee", "bert_trainee"]


class Export(Protocol):
    """Writes trained weights as a folder that a reader loads."""

    def __call__(
        self,
        weights: Mapping[str, torch.Tensor],
        out: Path,
        *,
        null_threshold: float,
        report: Mapping[str, Any] | None,
    ) -> None:
        """Write the folder; each file replaces its forerunner in one step."""
        ...


@dataclass(frozen=True)
class Trainee:
    """A network that is about to be trained.

    Attributes:
        model: On its device; gives the logits of windows.
        originals: All its weights in float32, by name.
        tokenizer: Of windows.
        special: The signs around question and passage.
        mask: The sign for a hidden token; None where the network knows none.
        longest: Tokens that it can read at once; 0 is no limit.
        dtype: What it computes in.
        parts: A batch is computed in so many parts side by side.
        export: Writes the weights when the run is done.
    """

    model: SpanNetwork
    originals: Mapping[str, torch.Tensor]
    tokenizer: TextTokenizer
    special: SpecialTokens
    mask: int | None
    longest: int
    dtype: torch.dtype
    parts: int
    export: Export


def bert_trainee(recipe: Recipe, device: torch.device) -> Trainee:
    """Load the encoder that a recipe names, with a span head.

    Raises:
        TrainingError: There is no such encoder, or it can't be trained as a reader.
    """
    from qa.workshop.training.export import export_reader
    from qa.workshop.training.span_model import choose_precision, encoder_folder, load_span_model

    source = encoder_folder(recipe.encoder)
    dtype = choose_precision(recipe.precision, device)
    try:
        tokenizer = load_tokenizer(source)
        special = special_tokens(tokenizer)
    except ReaderError as error:
        msg = f"The encoder {recipe.encoder!r} can't be trained as a reader: {error}"
        raise TrainingError(msg) from error
    model, originals = load_span_model(
        source,
        dropout=recipe.dropout,
        attention_dropout=recipe.attention_dropout,
        train_word_embeddings=recipe.train_word_embeddings,
        seed=recipe.seed,
        dtype=dtype,
        device=device,
    )

    def export(
        weights: Mapping[str, torch.Tensor],
        out: Path,
        *,
        null_threshold: float,
        report: Mapping[str, Any] | None,
    ) -> None:
        export_reader(
            weights, source, out, recipe=recipe, null_threshold=null_threshold, report=report
        )

    longest = int(model.config.max_position_embeddings)
    # Threads that share every multiplication wait for each other hundreds of times a step;
    # parts of their own meet once.
    mask = tokenizer.token_to_id("[MASK]")
    return Trainee(model, originals, tokenizer, special, mask, longest, dtype, 4, export)
