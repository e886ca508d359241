"""The second classifier: an encoder fine-tuned on the examples, and a head on that.

Runs as the default one does, through `retrieval/encoding/bert/`; only the encoder is its own. On
disk: a head's files, and beside them `encoder-<hash>/`, an ordinary model folder with
float16 weights. `finetuning.py` makes one.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from hashlib import sha256
from pathlib import Path

from agent.errors import IntentError
from agent.intents.head import HeadClassifier
from agent.intents.storage import read_tensors
from agent.types import IntentRanking
from retrieval.encoding.encoder import SentenceEncoder, load_encoder
from retrieval.errors import EncoderError
from retrieval.system.durable import replace_file

__all__ = ["KIND", "FineTunedClassifier", "encoder_name", "write_encoder"]

KIND = "fine-tuned"

EncoderFiles = Mapping[str, bytes]
"""Path inside a model folder, with "/" → content."""


class FineTunedClassifier:
    """Ranks intents by a head on an encoder of its own (see types.IntentClassifier)."""

    def __init__(self, head: HeadClassifier, files: EncoderFiles) -> None:
        """Join a head with the files of the encoder that it was trained on."""
        self._head = head
        self._files = files

    @property
    def intents(self) -> tuple[str, ...]:
        """The closed list, sorted."""
        return self._head.intents

    @property
    def threshold(self) -> float:
        """Least probability of being in scope at which the best label is believed."""
        return self._head.threshold

    @cached_property
    def id(self) -> str:
        """Kind and content hash: `fine-tuned@1f2e3d4c5b6a`."""
        return f"{KIND}@{self._head.id.rpartition('@')[2]}"

    def classify(self, texts: Sequence[str]) -> list[IntentRanking]:
        """Return one ranking a text; an empty text is out of scope."""
        return self._head.classify(texts)

    def save(self, folder: Path) -> None:
        """Write the classifier; a reader sees the old one or the new one.

        Raises:
            IntentError: The folder can't be written.
        """
        name = encoder_name(self._files)
        write_encoder(folder / name, self._files)
        self._head.save_as(folder, KIND, {"encoder_folder": name})
        for old in folder.glob("encoder-*"):
            if old.name != name:
                shutil.rmtree(old, ignore_errors=True)

    @classmethod
    def load(cls, folder: Path) -> FineTunedClassifier:
        """Load what `save` wrote.

        Raises:
            IntentError: There is no such classifier, or it is damaged.
        """
        settings, tensors = read_tensors(folder, KIND)
        inner = folder / Path(str(settings.get("encoder_folder"))).name
        try:
            encoder: SentenceEncoder = load_encoder(str(inner))
            found = encoder.id
        except (EncoderError, OSError) as error:
            raise IntentError(
                f"the intent classifier in {str(folder)!r} is damaged: its encoder can't be "
                f"loaded ({error}); train it again"
            ) from error
        if found != settings.get("encoder"):
            raise IntentError(
                f"the intent classifier in {str(folder)!r} is damaged: its encoder is {found!r}, "
                f"expected {settings.get('encoder')!r}; train it again"
            )
        return cls(HeadClassifier.of(folder, settings, tensors, encoder), _FilesOf(inner))


class _FilesOf(Mapping[str, bytes]):
    """A model folder as a mapping, read when asked: a loaded classifier is rarely saved."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._names = sorted(
            path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
        )

    def __getitem__(self, name: str) -> bytes:
        if name not in self._names:
            raise KeyError(name)
        return (self._folder / name).read_bytes()

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def encoder_name(files: EncoderFiles) -> str:
    """Return the folder's name: `encoder-` and a hash of the content."""
    total = sha256()
    for name in sorted(files):
        total.update(f"{name}\0{sha256(files[name]).hexdigest()}\n".encode())
    return f"encoder-{total.hexdigest()[:12]}"


def write_encoder(folder: Path, files: EncoderFiles) -> None:
    """Write a model folder.

    Raises:
        IntentError: It can't be written.
    """
    try:
        for name, content in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            replace_file(path, content)
    except OSError as error:
        raise IntentError(
            f"cannot write the intent classifier to {str(folder)!r} ({error.strerror or error}); "
            "choose a folder that can be written"
        ) from error
