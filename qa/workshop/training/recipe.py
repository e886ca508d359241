"""How a reader is trained, as one frozen value read from a TOML file.

Paths are no part of a recipe: they come from the command line, so that a recipe means
the same on every machine.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from hashlib import sha256
from pathlib import Path
from typing import Any

from qa.errors import TrainingError
from qa.workshop.training.negatives import KINDS

__all__ = ["GLOVE", "Recipe", "load_recipe", "shipped_recipe_path"]

GLOVE = "glove"
"""The `encoder` of an attention-flow reader over word vectors."""


@dataclass(frozen=True)
class Recipe:
    """Every choice that shapes the weights, next to the training files.

    Attributes:
        encoder: "all-MiniLM-L6-v2" (comes with the installation), a folder, or a name
            that transformers can load; "glove" for the attention-flow reader over word
            vectors.
        name: The reader's short name, the first part of its id.
        seed: Of the negatives, the order, the windows and the span head.
        epochs: Passes over the answerable questions.
        batch_size: Windows per forward and backward pass.
        accumulate: Passes per optimiser step.
        learning_rate: Its peak; it falls linearly to 0.
        warmup_share: Share of the run in which it rises from 0.
        weight_decay: On matrices, not on biases and norms.
        clip_norm: Largest gradient norm.
        dropout: Of hidden states inside the encoder; 0 saves the time of drawing masks.
        attention_dropout: Of attention weights; a third slower on a CPU.
        masked_share: Share of each window's passage tokens, outside the answer, that the
            encoder is shown as [MASK]: what is left must do.
        train_word_embeddings: False keeps the word vectors as they are.
        min_window_tokens: Windows are cropped to a length drawn evenly between this
        max_window_tokens: and this, question and special tokens included.
        negative_share: Share of unanswerable windows among all.
        negative_kinds: Kind of `qa.workshop.training.negatives.KINDS` → relative share.
        together: Windows of one question, its own and look-alikes, that are normalised together
            so that their margins compare (`qa.workshop.training.loss`); 1 is each alone.
        held_out_articles: Articles left out of training, by `squad.held_out_titles`.
        title_share: Share of contexts that are led by their article's title, as passages are when
            a knowledge base is read.
        validate_every_minutes: Measure on the held-out articles so often; 0 is never
            before the end.
        validation_questions: How many of them, half with and half without an answer.
        threshold_questions: Choose the threshold at the end on so many at most; 0 is all.
        patience: Stop after so many validations without a better figure; 0 is never.
        precision: "auto" (bf16 where the machine has it), "bf16" or "float32".
        read_max_tokens: Longest window when reading.
        read_stride_tokens: Passage tokens that neighbouring windows share when reading.
        max_answer_tokens: Longest answer when reading.
        hidden: Of the attention-flow reader alone: size of one LSTM direction.
        vocabulary_words: Of it alone: so many of the most frequent words keep a vector.
    """

    encoder: str = "all-MiniLM-L6-v2"
    name: str = "bert"
    seed: int = 1
    epochs: float = 1.0
    batch_size: int = 16
    accumulate: int = 1
    learning_rate: float = 1e-4
    warmup_share: float = 0.03
    weight_decay: float = 0.01
    clip_norm: float = 1.0
    dropout: float = 0.0
    attention_dropout: float = 0.0
    masked_share: float = 0.0
    train_word_embeddings: bool = False
    min_window_tokens: int = 96
    max_window_tokens: int = 208
    negative_share: float = 0.25
    negative_kinds: Mapping[str, float] = field(default_factory=lambda: dict.fromkeys(KINDS, 1.0))
    together: int = 1
    held_out_articles: int = 40
    title_share: float = 0.0
    validate_every_minutes: float = 10.0
    validation_questions: int = 400
    threshold_questions: int = 0
    patience: int = 0
    precision: str = "auto"
    read_max_tokens: int = 384
    read_stride_tokens: int = 128
    max_answer_tokens: int = 30
    hidden: int = 100
    vocabulary_words: int = 70_000

    def __post_init__(self) -> None:
        positive = {
            "epochs": self.epochs,
            "batch_size": self.batch_size,
            "accumulate": self.accumulate,
            "learning_rate": self.learning_rate,
            "clip_norm": self.clip_norm,
            "max_answer_tokens": self.max_answer_tokens,
            "together": self.together,
            "hidden": self.hidden,
            "vocabulary_words": self.vocabulary_words,
        }
        for name, value in positive.items():
            if value <= 0:
                msg = f"The recipe's {name} is {value!r}. Expected a number above 0."
                raise TrainingError(msg)
        for name, share in {
            "negative_share": self.negative_share,
            "warmup_share": self.warmup_share,
            "dropout": self.dropout,
            "attention_dropout": self.attention_dropout,
            "masked_share": self.masked_share,
            "title_share": self.title_share,
        }.items():
            if not 0 <= share < 1:
                msg = f"The recipe's {name} is {share!r}. Expected a share from 0 to below 1."
                raise TrainingError(msg)
        if not 16 <= self.min_window_tokens <= self.max_window_tokens:
            msg = (
                f"The recipe's windows are {self.min_window_tokens!r} to "
                f"{self.max_window_tokens!r} tokens. Expected 16 <= min <= max."
            )
            raise TrainingError(msg)
        if self.precision not in {"auto", "bf16", "float32"}:
            msg = f"The recipe's precision is {self.precision!r}. Expected auto, bf16 or float32."
            raise TrainingError(msg)

    @property
    def sha256(self) -> str:
        """Hex digest of the values, in a fixed order."""
        return sha256(json.dumps(asdict(self), sort_keys=True).encode("utf-8")).hexdigest()


def shipped_recipe_path(name: str = "reader") -> Path:
    """Return the recipe of weights that come with Frontdesk: "reader" or "bidaf"."""
    return Path(__file__).parent / "recipes" / f"{name}.toml"


def load_recipe(path: Path) -> Recipe:
    """Read a recipe; keys that aren't given keep their defaults.

    Raises:
        TrainingError: Unreadable, not TOML, an unknown key, or a value out of range.
    """
    try:
        values: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        msg = f"Can't read the recipe {str(path)!r}: {error.strerror}. Expected a TOML file."
        raise TrainingError(msg) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        msg = f"The recipe {str(path)!r} isn't TOML: {error}."
        raise TrainingError(msg) from error
    known = {entry.name: entry for entry in fields(Recipe)}
    defaults = Recipe()
    for key, value in values.items():
        if key not in known:
            msg = f"{str(path)!r}: unknown key {key!r}. Expected one of {', '.join(known)}."
            raise TrainingError(msg)
        default = getattr(defaults, key)
        expected: tuple[type, ...] = (
            (int, float)
            if isinstance(default, float)
            else (dict,)
            if isinstance(default, Mapping)
            else (type(default),)
        )
        if not isinstance(value, expected) or (
            isinstance(value, bool) and not isinstance(default, bool)
        ):
            msg = f"{str(path)!r}: {key} is {value!r}. Expected {expected[-1].__name__}."
            raise TrainingError(msg)
    return Recipe(**values)
