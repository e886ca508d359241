"""Average the weights of several trained readers into one.

Weights that runs reach from one start, each with other questions and another learning rate,
lie in one basin: their mean reads better than any of them, on articles that none has seen,
and costs nothing when reading.

Source: Wortsman et al., "Model soups: averaging weights of multiple fine-tuned models
improves accuracy without increasing inference time" (arXiv 2203.05482), the uniform soup.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from qa.errors import TrainingError
from qa.reading.settings import SETTINGS_NAME, ReaderSettings
from qa.reading.windows import load_tokenizer
from qa.types import Example
from qa.workshop.scoring.squad import developing_examples
from qa.workshop.training.prediction import predict, refusal_threshold
from qa.workshop.training.span_model import choose_precision, load_span_model

if TYPE_CHECKING:
    import torch

__all__ = ["average_readers"]

_WEIGHTS = "model.safetensors"
_COPIED = ("config.json", "tokenizer.json", "tokenizer_config.json")


def average_readers(folders: Sequence[Path], out: Path, *, develop: Sequence[Path]) -> float:
    """Write the mean of several readers' weights as a reader's folder.

    Args:
        folders: Of BERT readers with the same sizes and vocabulary, two or more.
        out: Gets the weights in float16 and what belongs to them; each file replaces its
            forerunner in one step. Sizes, vocabulary and settings are the first folder's.
        develop: SQuAD 2.0 files whose first half of articles, in alphabetical order of
            titles, chooses the threshold below which the reader refuses.

    Returns:
        That threshold.

    Raises:
        TrainingError: Fewer than two folders, or weights that don't match or can't be read.
        ReaderError: A folder's settings are damaged.
        ExampleError: A file to develop on can't be read.
    """
    if len(folders) < 2:
        msg = f"There is {len(folders)} reader to average. Expected two or more folders."
        raise TrainingError(msg)
    examples = developing_examples(develop)
    if not examples:
        msg = "There are no questions to choose a threshold on. Give a SQuAD 2.0 file."
        raise TrainingError(msg)
    mean = _mean(folders)
    out.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix=".average-", dir=out))
    try:
        from safetensors.torch import save_file

        save_file(mean, unfinished / _WEIGHTS, {"format": "pt"})
        for name in _COPIED:
            if (folders[0] / name).is_file():
                shutil.copy(folders[0] / name, unfinished / name)
        settings = json.loads((folders[0] / SETTINGS_NAME).read_bytes())
        threshold = _threshold(unfinished, ReaderSettings.load(folders[0]), examples)
        settings["null_threshold"] = round(threshold, 4)
        (unfinished / SETTINGS_NAME).write_text(json.dumps(settings, indent=2) + "\n", "utf-8")
        history = {
            "averaged": [
                json.loads((folder / "training.json").read_bytes())
                for folder in folders
                if (folder / "training.json").is_file()
            ]
        }
        (unfinished / "training.json").write_text(json.dumps(history, indent=2) + "\n", "utf-8")
        for path in sorted(unfinished.iterdir()):
            path.chmod(0o644)
            path.replace(out / path.name)
    except (OSError, ValueError) as error:
        msg = f"Can't write the mean of {[str(f) for f in folders]!r} to {str(out)!r}: {error}."
        raise TrainingError(msg) from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return threshold


def _mean(folders: Sequence[Path]) -> dict[str, torch.Tensor]:
    """Return the mean of each tensor, summed in float32."""
    import torch
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    total: dict[str, torch.Tensor] = {}
    for number, folder in enumerate(folders):
        try:
            tensors = load_file(folder / _WEIGHTS)
        except (OSError, SafetensorError) as error:
            msg = (
                f"Can't read the weights in {str(folder)!r}: {error}. Expected the folder of a "
                "reader, as frontdesk train reader writes it."
            )
            raise TrainingError(msg) from error
        shapes = {name: tensor.shape for name, tensor in tensors.items()}
        if number and shapes != {name: tensor.shape for name, tensor in total.items()}:
            msg = (
                f"The weights in {str(folder)!r} and {str(folders[0])!r} are of different models. "
                "Expected tensors of the same names and shapes."
            )
            raise TrainingError(msg)
        for name, tensor in tensors.items():
            total[name] = total[name] + tensor.float() if number else tensor.float()
    return {name: (t / len(folders)).to(torch.float16).contiguous() for name, t in total.items()}


def _threshold(folder: Path, settings: ReaderSettings, examples: Sequence[Example]) -> float:
    import torch

    device = torch.device("cpu")
    model, _ = load_span_model(
        folder,
        dropout=0.0,
        train_word_embeddings=False,
        seed=0,
        dtype=choose_precision("auto", device),
        device=device,
    )
    model.train(False)
    predictions = predict(
        model,
        load_tokenizer(folder),
        examples,
        max_tokens=settings.max_tokens,
        stride_tokens=settings.stride_tokens,
        max_answer_tokens=settings.max_answer_tokens,
    )
    return refusal_threshold(examples, predictions)[1]
