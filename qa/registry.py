"""Where readers are looked up by name: the plug-in point for new ones.

A reader is anything that obeys `qa.types.Reader`. To add one, write a function that loads
it and put it into `READERS`. What isn't a name of ours is a folder or a Hugging Face name.
"""

from __future__ import annotations

import difflib
import json
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from qa.deciding.calibration import CALIBRATION_FILE, Calibration, load_calibration
from qa.errors import ReaderError
from qa.reading.defaults import DEFAULT_READER
from qa.reading.second_reading import SecondReading, second_reading
from qa.types import Reader

if TYPE_CHECKING:
    from qa.reading.bert import BertReader
    from retrieval.encoding.bert import Precision

__all__ = [
    "READERS",
    "WEIGHTS",
    "OpenedReader",
    "default_calibration",
    "load_reader",
    "open_reader",
    "second_reading_here",
]

_log = logging.getLogger(__name__)

WEIGHTS = Path(__file__).parent / "weights"
"""What ships with the package: one folder per reader."""

_HUB_FILES = ["*.json", "*.safetensors", "*.txt", "*.model"]


def _load_bert() -> BertReader:
    from qa.reading.bert import BertReader

    return BertReader.load(WEIGHTS / "bert")


def _load_large(precision: Precision = "auto") -> BertReader:
    from qa.reading.bert import BertReader

    folder = _shipped("large", trained_by="frontdesk train reader")
    return BertReader.load(folder, dtype=precision)


def _load_checked() -> Reader:
    here = second_reading_here()
    if here.precision is None:
        # Said aloud unless it was asked for.
        _log.log(logging.INFO if here.switched_off else logging.WARNING, "%s", f"Note: {here}.")
        return _load_bert()
    from qa.reading.checked import CheckedReader

    with ThreadPoolExecutor(1, thread_name_prefix="load-reader") as pool:
        small = pool.submit(_load_bert)
        return CheckedReader(small.result(), _load_large(here.precision))


def _load_bidaf(name: str = "bidaf") -> Reader:
    from qa.bidaf.reader import BidafReader

    return BidafReader.load(_shipped(name, trained_by="frontdesk train bidaf"))


def _shipped(name: str, *, trained_by: str) -> Path:
    """Return the folder of weights that come with the package.

    Raises:
        ReaderError: They don't.
    """
    folder = WEIGHTS / name
    if not (folder / "config.json").is_file():
        msg = (
            f"No weights of the reader {name!r} come with this package: {str(folder)!r} has none. "
            f"Train it with {trained_by}, put the folder that it writes there, or give that folder "
            "as the reader."
        )
        raise ReaderError(msg)
    return folder


def _load_both() -> Reader:
    from qa.reading.both import BothReader

    # The one that may be missing first: no need to wait for the other.
    second = _load_bidaf()
    return BothReader(_load_bert(), second)


READERS: dict[str, Callable[[], Reader]] = {
    "bert": _load_bert,
    "bidaf": _load_bidaf,
    "bidaf-bert": partial(_load_bidaf, "bidaf-bert"),
    "both": _load_both,
    "checked": _load_checked,
    "large": _load_large,
}
"""Name → loader."""


def load_reader(name_or_folder: str | Path = DEFAULT_READER) -> Reader:
    """Load a reader.

    Args:
        name_or_folder: A name of `READERS`, a folder with a model's files, or the name of
            an extractive question-answering model on Hugging Face, `owner/name`.

    Returns:
        Ready to read. Models of BERT's kind run on our own run-time, all others on
        transformers.

    Raises:
        ReaderError: There is no such reader, or it can't be loaded.
    """
    name = str(name_or_folder)
    if name in READERS:
        return READERS[name]()
    folder = Path(name_or_folder)
    if name and folder.is_dir():
        return _load_folder(folder, name)
    if _may_be_on_hub(name):
        return _load_folder(_from_hub(name), name)
    raise ReaderError(_unknown(name))


@dataclass(frozen=True)
class OpenedReader:
    """A reader, ready to answer with.

    Attributes:
        reader: It.
        name: What answers call it: a name of ours is the one of who really reads.
        calibration: What comes with it.
    """

    reader: Reader
    name: str
    calibration: Calibration


def open_reader(name_or_folder: str | Path = DEFAULT_READER) -> OpenedReader:
    """Load a reader with the calibration that comes with it.

    Raises:
        ReaderError: As for `load_reader`.
        CalibrationError: The calibration is damaged.
    """
    reader = load_reader(name_or_folder)
    name = str(name_or_folder)
    if name == "checked":
        # The small reader, where it reads alone.
        name = reader.id.partition("@")[0]
    return OpenedReader(reader, name, default_calibration(name))


def default_calibration(name_or_folder: str | Path = DEFAULT_READER) -> Calibration:
    """Return the calibration that comes with a reader, or a cautious one if none does.

    Raises:
        CalibrationError: It is there but damaged.
    """
    name = str(name_or_folder)
    folder = WEIGHTS / name if name in READERS else Path(name_or_folder)
    if name in ("both", "checked") and not (folder / CALIBRATION_FILE).is_file():
        # Their candidates are BERT's, so BERT's holds; the second reader then counts for nothing.
        folder = WEIGHTS / "bert"
    return load_calibration(folder / CALIBRATION_FILE)


def second_reading_here() -> SecondReading:
    """Return whether `checked` reads with the large reader on this machine.

    Raises:
        ReaderError: The setting that decides it is unknown.
    """
    return second_reading(WEIGHTS / "large")


def _unknown(name: str) -> str:
    close = difflib.get_close_matches(name.lower(), READERS, n=1, cutoff=0.5)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    known = ", ".join(repr(known) for known in sorted(READERS))
    return (
        f"There is no reader {name!r}.{hint} Expected {known}, the folder of a model, or the name "
        "of a question-answering model on Hugging Face, written 'owner/name'."
    )


def _may_be_on_hub(name: str) -> bool:
    parts = name.split("/")
    return len(parts) == 2 and all(part and not part.startswith((".", "~")) for part in parts)


def _from_hub(name: str) -> Path:
    """Return the folder of a model's files, fetched once and then kept by the library."""
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(name, allow_patterns=_HUB_FILES))
    except Exception as error:  # the library's errors share no base below Exception
        msg = (
            f"There is no folder {name!r} here, and Hugging Face didn't give a model of that name: "
            f"{_first_line(error)} Check the name and the connection, or give a folder."
        )
        raise ReaderError(msg) from error


def _load_folder(folder: Path, name: str) -> Reader:
    config_path = folder / "config.json"
    try:
        config = json.loads(config_path.read_bytes())
        kind = config["model_type"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        msg = (
            f"The reader {name!r} has no readable {str(config_path)!r} with a model_type. Expected "
            "a model's folder, as save_pretrained() of transformers writes it."
        )
        raise ReaderError(msg) from error
    has_weights = any(folder.glob("model*.safetensors")) and (folder / "tokenizer.json").is_file()
    if kind in ("bert", "mpnet") and has_weights:
        from qa.reading.bert import BertReader

        return BertReader.load(folder)
    if kind == "frontdesk-bidaf":
        from qa.bidaf.reader import BidafReader

        return BidafReader.load(folder)
    from qa.reading.huggingface import HuggingFaceReader

    return HuggingFaceReader.load(folder, name=Path(name).name)


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
