"""`load_intents()`: files to labelled messages, with everything that went wrong beside them."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from agent.errors import IntentError
from agent.intents.formats.records import (
    BadLine,
    Labelled,
    Record,
    Remark,
    Skipped,
    SourceFile,
    Unreadable,
)
from agent.intents.formats.registry import SUFFIXES, format_of, loader_of
from agent.types import IntentExample
from retrieval.articles import Rejected

__all__ = ["LoadedIntents", "Repeat", "load_intents", "same_text"]

MAX_FILE_BYTES = 256 * 1024 * 1024
"""A larger file is no list of examples."""

_NAMED = 5
"""How many rejections a strict error names."""

_READABLE = (
    "our YAML, CSV, JSONL, Rasa NLU (YAML, Markdown or JSON), a Dialogflow ES export (folder or"
    " zip), "
    "LUIS (JSON or .lu), CLU, Watson Assistant or Botpress JSON"
)


@dataclass(frozen=True)
class Repeat:
    """A message that was there before.

    Attributes:
        example: The later one.
        first: The one before it, with the same text.
    """

    example: IntentExample
    first: IntentExample


@dataclass(frozen=True)
class LoadedIntents:
    """What files of intents hold.

    Attributes:
        examples: In the order of the files.
        rejected: Lines and files that can't be used; the rest was loaded.
        format: File → name of the format it was read as.
        duplicates: The same text under the same intent again: kept once.
        conflicts: The same text under another intent. Both are kept, since nobody but the
            author knows which is right, and a classifier has to live with it.
        skipped: What was left out on purpose → how many: "synonym", "other language", ...
        warnings: What the user should know, in sentences.
    """

    examples: tuple[IntentExample, ...]
    rejected: tuple[Rejected, ...] = ()
    format: Mapping[str, str] = field(default_factory=dict)
    duplicates: tuple[Repeat, ...] = ()
    conflicts: tuple[Repeat, ...] = ()
    skipped: Mapping[str, int] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


def load_intents(
    paths: Sequence[str | Path], *, strict: bool = True, keep_duplicates: bool = False
) -> LoadedIntents:
    """Read labelled messages, whatever format each file is in.

    Args:
        paths: Files; a folder is a Dialogflow ES export, or stands for the files in it.
        strict: Raise if anything is rejected, or nothing is left.
        keep_duplicates: Keep every row, as an evaluation must; they are reported all the same.

    Raises:
        IntentError: Something was rejected and `strict` is set, or no path was given.
    """
    if not paths:
        raise IntentError(f"no file of intents was given; expected {_READABLE}")
    gathering = _Gathering(keep_duplicates)
    for path in paths:
        gathering.read(Path(path))
    loaded = gathering.loaded()
    if strict and loaded.rejected:
        raise IntentError(_worded(loaded.rejected))
    if strict and not loaded.examples:
        raise IntentError(f"{', '.join(map(str, paths))}: no examples found; expected {_READABLE}")
    return loaded


def same_text(text: str) -> str:
    """Return what two texts share that differ in nothing but case and white space.

    >>> same_text("Where  is my Card?") == same_text("where is my card? ")
    True
    """
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


class _Gathering:
    """One run over several files."""

    def __init__(self, keep_duplicates: bool) -> None:
        self._keep_duplicates = keep_duplicates
        self._examples: list[IntentExample] = []
        self._rejected: list[Rejected] = []
        self._format: dict[str, str] = {}
        self._duplicates: list[Repeat] = []
        self._conflicts: list[Repeat] = []
        self._skipped: Counter[str] = Counter()
        self._warnings: list[str] = []
        self._by_text: dict[str, dict[str | None, IntentExample]] = {}

    def read(self, path: Path) -> None:
        """Take in a file or folder."""
        try:
            if path.is_dir():
                self._read_folder(path)
            else:
                self._read_file(_read(path), strict_format=True)
        except OSError as error:
            self._reject(str(path), 0, f"can't be read: {error.strerror or error}; check the path")
        except Unreadable as error:
            self._reject(str(path), error.line, error.reason)

    def loaded(self) -> LoadedIntents:
        """Return everything gathered."""
        return LoadedIntents(
            tuple(self._examples),
            tuple(self._rejected),
            dict(self._format),
            tuple(self._duplicates),
            tuple(self._conflicts),
            dict(sorted(self._skipped.items())),
            tuple(self._warnings),
        )

    def _read_folder(self, folder: Path) -> None:
        from agent.intents.formats import dialogflow

        if dialogflow.is_export(folder):
            self._format[str(folder)] = "dialogflow"
            for inner, found in dialogflow.load_folder(folder):
                self._take(found, inner)
            return
        files = sorted(
            path
            for path in folder.rglob("*")
            if path.suffix.lower() in SUFFIXES
            and path.is_file()
            and not any(part.startswith(".") for part in path.relative_to(folder).parts)
        )
        before = len(self._format)
        for path in files:
            try:
                self._read_file(_read(path), strict_format=False)
            except OSError as error:
                self._reject(str(path), 0, f"can't be read: {error.strerror or error}")
            except Unreadable as error:
                self._reject(str(path), error.line, error.reason)
        if len(self._format) == before:
            raise Unreadable(f"the folder holds no file of intents; expected {_READABLE}")

    def _read_file(self, file: SourceFile, *, strict_format: bool) -> None:
        name = format_of(file)
        if name is None and not strict_format:
            self._skipped["other file"] += 1
            return
        # Nobody recognises it: the loader its suffix points at knows best what is missing.
        name = name or SUFFIXES.get(file.suffix)
        if name is None:
            raise Unreadable(f"no format we read; expected {_READABLE}")
        self._format[file.path] = name
        if name == "dialogflow":
            from agent.intents.formats import dialogflow

            for inner, found in dialogflow.load_archive(file):
                self._take(found, inner)
            return
        for found in loader_of(name).load(file):
            self._take(found, file.path)

    def _take(self, found: Record, path: str) -> None:
        if isinstance(found, BadLine):
            self._reject(path, found.line, found.reason)
        elif isinstance(found, Skipped):
            self._skipped[found.kind] += found.count
        elif isinstance(found, Remark):
            where = f"{path}:{found.line}" if found.line else path
            self._warnings.append(f"{where}: {found.text}")
        else:
            self._keep(found, path)

    def _keep(self, found: Labelled, path: str) -> None:
        for name, value in (("text", found.text), ("intent", found.intent or "")):
            if (problem := _no_text(value)) is not None:
                self._reject(path, found.line, f"the {name} {problem}")
                return
        if not found.text.strip():
            self._reject(path, found.line, "the text is empty; write the message or drop the line")
            return
        example = IntentExample(found.text, found.intent, path, found.line)
        before = self._by_text.setdefault(same_text(found.text), {})
        if found.intent in before:
            self._duplicates.append(Repeat(example, before[found.intent]))
            if not self._keep_duplicates:
                return
        elif before:
            self._conflicts.append(Repeat(example, next(iter(before.values()))))
        before.setdefault(found.intent, example)
        self._examples.append(example)

    def _reject(self, path: str, line: int, reason: str) -> None:
        self._rejected.append(Rejected(path, line or None, reason))


def _read(path: Path) -> SourceFile:
    if path.stat().st_size > MAX_FILE_BYTES:
        raise Unreadable(f"the file has more than {MAX_FILE_BYTES:,} bytes; split it")
    return SourceFile(str(path), path.read_bytes())


def _no_text(value: str) -> str | None:
    """Say why a string is no text, or None; undecodable bytes travel as lone surrogates."""
    if value.isascii():
        return None
    try:
        value.encode("utf-8")
    except UnicodeEncodeError as error:
        code = ord(value[error.start])
        if 0xDC80 <= code <= 0xDCFF:
            return f"is not UTF-8: byte 0x{code - 0xDC00:02X}; save the file as UTF-8"
        return f"holds half of a surrogate pair (U+{code:04X}), which is no text: fix the export"
    return None


def _worded(rejected: Sequence[Rejected]) -> str:
    named = "; ".join(_places(rejected[:_NAMED]))
    more = f"; and {len(rejected) - _NAMED:,} more" if len(rejected) > _NAMED else ""
    return f"{named}{more}"


def _places(rejected: Sequence[Rejected]) -> Iterator[str]:
    for entry in rejected:
        where = entry.path if entry.line is None else f"{entry.path}:{entry.line}"
        yield f"{where}: {entry.reason}"
