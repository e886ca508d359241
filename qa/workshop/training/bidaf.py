"""Make an attention-flow network ready for the training loop."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from qa.bidaf.frozen import BertBidaf
from qa.bidaf.glove import GloveBidaf
from qa.bidaf.model import BidafSizes
from qa.bidaf.network import Bidaf
from qa.bidaf.words import WordTokenizer
from qa.errors import ReaderError, TrainingError
from qa.reading.windows import TextTokenizer, special_tokens
from qa.workshop.training.bidaf_export import save_network
from qa.workshop.training.recipe import Recipe
from qa.workshop.training.span_model import choose_precision, encoder_folder
from qa.workshop.training.trainee import Trainee
from retrieval.encoding.bert import Precision
from retrieval.errors import EncoderError

__all__ = ["frozen_trainee", "glove_trainee", "load_vectors"]


def load_vectors(path: Path, *, n_words: int) -> tuple[list[str], NDArray[np.float16]]:
    """Read the most frequent words and their vectors.

    Args:
        path: An `.npz` with `words` (one text, a word a line) and `vectors`, or a text file
            as GloVe's makers publish it: a word and its numbers a line.
        n_words: How many, at most.

    Returns:
        Words, and (words, size) float16.

    Raises:
        TrainingError: It can't be read.
    """
    try:
        if path.suffix == ".npz":
            with np.load(path, allow_pickle=False) as stored:
                words = str(stored["words"]).split("\n")[:n_words]
                vectors = np.asarray(stored["vectors"][:n_words], dtype=np.float16)
        else:
            words, rows = [], []
            with path.open(encoding="utf-8") as stream:
                for line in stream:
                    word, *numbers = line.rstrip("\n").split(" ")
                    words.append(word)
                    rows.append(np.array(numbers, dtype=np.float16))
                    if len(words) == n_words:
                        break
            vectors = np.stack(rows)
    except (OSError, ValueError, KeyError) as error:
        msg = (
            f"Can't read the word vectors {str(path)!r}: {error}. Expected GloVe's text file, or "
            "an .npz with 'words' and 'vectors'."
        )
        raise TrainingError(msg) from error
    if vectors.ndim != 2 or len(words) != len(vectors):
        msg = (
            f"{str(path)!r} holds {len(words)} words and vectors of the shape {vectors.shape!r}. "
            "Expected one vector a word."
        )
        raise TrainingError(msg)
    return words, vectors


def glove_trainee(recipe: Recipe, device: torch.device, *, vectors: Path) -> Trainee:
    """Build an untrained network over frozen word vectors.

    Args:
        recipe: Its `encoder` isn't looked at.
        device: To train on.
        vectors: See `load_vectors`.

    Raises:
        TrainingError: The vectors can't be read.
    """
    words, table = load_vectors(vectors, n_words=recipe.vocabulary_words)
    sizes = BidafSizes(hidden=recipe.hidden, word=table.shape[1], dropout=recipe.dropout)
    tokenizer = WordTokenizer(words)
    torch.manual_seed(recipe.seed)
    network = GloveBidaf(sizes, tokenizer, torch.from_numpy(table))
    return _trainee(network, tokenizer, recipe, device, longest=0)


def frozen_trainee(recipe: Recipe, device: torch.device) -> Trainee:
    """Build an untrained network over a frozen BERT, the recipe's `encoder`.

    Raises:
        TrainingError: There is no such encoder, or it is none of BERT's kind.
    """
    folder = encoder_folder(recipe.encoder)
    torch.manual_seed(recipe.seed)
    sizes = BidafSizes(hidden=recipe.hidden, dropout=recipe.dropout)
    low = choose_precision(recipe.precision, device) == torch.bfloat16
    dtype: Precision = "bfloat16" if low else "float32"
    try:
        network = BertBidaf(sizes, recipe.encoder, folder, dtype=dtype)
    except (ReaderError, EncoderError) as error:
        msg = f"The encoder {recipe.encoder!r} can't be read with: {error}"
        raise TrainingError(msg) from error
    return _trainee(network, network.tokenizer, recipe, device, longest=network.max_length)


def _trainee(
    network: Bidaf, tokenizer: TextTokenizer, recipe: Recipe, device: torch.device, *, longest: int
) -> Trainee:
    precision = choose_precision(recipe.precision, device)
    network.to(device).compute_in(precision)
    network.train()
    originals = {name: p.detach().clone() for name, p in network.named_parameters()}
    export = partial(save_network, network, recipe=recipe)
    # In one part: the small steps of an LSTM gain from every row they have.
    return Trainee(
        network,
        originals,
        tokenizer,
        special_tokens(tokenizer),
        None,
        longest,
        precision,
        1,
        export,
    )
