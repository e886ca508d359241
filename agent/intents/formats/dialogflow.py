"""Dialogflow ES exports: the zip from Settings > Export, or its unpacked folder.

`agent.json` names the language; `intents/NAME.json` an intent; and
`intents/NAME_usersays_en.json` its training phrases, each a list of text parts that joined
give the phrase. Older exports keep the phrases inside the intent, under `userSays`. Phrases
of a fallback intent are what Dialogflow should refuse, so they are out of scope. Templates
(`@sys.city:city`) and phrases in other languages are counted and left out.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from agent.intents.formats.json_nodes import JsonObject, parse, parse_or_none
from agent.intents.formats.languages import chosen_language, is_english
from agent.intents.formats.records import (
    BadLine,
    Labelled,
    Record,
    Remark,
    Skipped,
    SourceFile,
    Unreadable,
    label_of,
)

__all__ = ["is_export", "load", "load_archive", "load_folder", "recognises"]

Placed = tuple[str, Record]
"""The path inside the export, and what was found there."""

_ZIP = b"PK\x03\x04"
_PHRASES = re.compile(r"(?P<stem>.+)_usersays_(?P<language>[A-Za-z]{2,3}(?:[-_][A-Za-z]+)?)\.json")

MAX_UNPACKED_BYTES = 256 * 1024 * 1024
"""An archive that unpacks to more is refused."""


def recognises(file: SourceFile) -> bool:
    """Tell whether the file is an archive, or one intent or its phrases from an export."""
    if file.raw.startswith(_ZIP):
        return True
    root = parse_or_none(file)
    if isinstance(root, JsonObject):
        return "responses" in root and "fallbackIntent" in root
    first = root[0] if isinstance(root, list) and root else None
    return isinstance(first, JsonObject) and isinstance(first.get("data"), list)


def is_export(folder: Path) -> bool:
    """Tell whether a folder is an unpacked export."""
    return (folder / "intents").is_dir() and any((folder / "intents").glob("*.json"))


def load(file: SourceFile) -> Iterator[Record]:
    """Yield what one file holds: an archive, an intent, or an intent's phrases."""
    return (found for _, found in load_archive(file))


def load_archive(file: SourceFile) -> Iterator[Placed]:
    """Yield what an archive, or a single file of an export, holds, with inner paths.

    Raises:
        Unreadable: It is no zip, or holds no intents.
    """
    if not file.raw.startswith(_ZIP):
        path = PurePosixPath(file.path.replace("\\", "/"))
        yield from _export({f"intents/{path.name}": file})
        return
    files = {
        name: SourceFile(f"{file.path}/{name}", raw) for name, raw in _unpacked(file.raw).items()
    }
    yield from _export(files)


def load_folder(folder: Path) -> Iterator[Placed]:
    """Yield what an unpacked export holds."""
    files = {}
    for path in sorted([*folder.glob("*.json"), *(folder / "intents").glob("*.json")]):
        relative = path.relative_to(folder).as_posix()
        files[relative] = SourceFile(str(path), path.read_bytes())
    yield from _export(files)


def _unpacked(raw: bytes) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            members = [info for info in archive.infolist() if info.filename.endswith(".json")]
            if sum(info.file_size for info in members) > MAX_UNPACKED_BYTES:
                raise Unreadable(
                    f"the archive unpacks to more than {MAX_UNPACKED_BYTES:,} bytes; no export "
                    "of intents is that large"
                )
            return {info.filename: archive.read(info) for info in members}
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, ValueError) as error:
        raise Unreadable(f"the archive can't be unpacked: {error}; export it again") from error
    except OSError as error:
        raise Unreadable(f"the archive can't be unpacked: {error}; export it again") from error


@dataclass(frozen=True)
class _Intent:
    file: SourceFile
    root: JsonObject


def _export(files: Mapping[str, SourceFile]) -> Iterator[Placed]:
    """Pair intents with their phrases, whatever folder the export lies in."""
    intents: dict[str, _Intent] = {}
    phrases: dict[str, dict[str, SourceFile]] = {}
    default = "en"
    for name, file in files.items():
        path = PurePosixPath(name)
        if path.name == "agent.json" and (root := parse_or_none(file)) is not None:
            language = root.get("language") if isinstance(root, JsonObject) else None
            default = language if isinstance(language, str) else default
        if path.parent.name != "intents":
            continue
        if match := _PHRASES.fullmatch(path.name):
            phrases.setdefault(match["stem"], {})[match["language"]] = file
            continue
        try:
            root = parse(file)
        except Unreadable as error:
            yield file.path, BadLine(error.line, error.reason)
            continue
        if isinstance(root, list):  # phrases whose file was renamed
            phrases.setdefault(path.stem, {})[default] = file
        elif isinstance(root, JsonObject):
            intents[path.stem] = _Intent(file, root)
        else:
            yield file.path, BadLine(1, f"expected an intent, got {root!r:.80}")
    if not intents and not phrases:
        raise Unreadable("the export holds no intents/*.json; expected a Dialogflow ES export")
    languages = {language for found in phrases.values() for language in found}
    languages |= {
        said["lang"]
        for intent in intents.values()
        for said in _inline(intent.root)
        if isinstance(said, JsonObject) and isinstance(said.get("lang"), str)
    }
    chosen = chosen_language(languages, default)
    if languages and not any(is_english(code) for code in chosen):
        first = next(iter(files.values()))
        yield (
            first.path,
            Remark(f"no phrase is in English; read those in {', '.join(sorted(chosen))}"),
        )
    for stem in sorted(intents.keys() | phrases.keys()):
        yield from _intent(stem, intents.get(stem), phrases.get(stem, {}), chosen, default)


def _intent(
    stem: str,
    intent: _Intent | None,
    phrases: Mapping[str, SourceFile],
    chosen: frozenset[str],
    default: str,
) -> Iterator[Placed]:
    name: str | None = stem
    if intent is not None:
        stated = intent.root.get("name")
        name = stated if isinstance(stated, str) and stated.strip() else stem
        if intent.root.get("fallbackIntent") is True:
            name = None
        if intent.root.get("parentId") or intent.root.get("contexts"):
            yield (
                intent.file.path,
                Remark(
                    f"intent {name or stem!r} is a follow-up or needs a context, and contexts "
                    "aren't read: its phrases count at any time; give the task a form with a "
                    "question instead, or leave the intent out"
                ),
            )
        for said in _inline(intent.root):
            language = said.get("lang", default) if isinstance(said, JsonObject) else default
            if chosen and language not in chosen:
                yield intent.file.path, Skipped("other language")
            else:
                yield intent.file.path, _phrase(said, name, intent.root.line)
    for language, file in sorted(phrases.items()):
        try:
            rows = parse(file)
        except Unreadable as error:
            yield file.path, BadLine(error.line, error.reason)
            continue
        if not isinstance(rows, list):
            yield file.path, BadLine(1, f"expected a list of phrases, got {rows!r:.80}")
        elif language not in chosen:
            yield file.path, Skipped("other language", len(rows))
        else:
            for row in rows:
                yield file.path, _phrase(row, name, 0)


def _inline(root: JsonObject) -> list[Any]:
    said = root.get("userSays")
    return said if isinstance(said, list) else []


def _phrase(row: Any, name: str | None, line: int) -> Record:
    parts = row.get("data") if isinstance(row, JsonObject) else None
    line = row.line if isinstance(row, JsonObject) else line
    if not isinstance(parts, list):
        return BadLine(line, f"a phrase is {row!r:.80}; expected an object with `data`")
    if row.get("isTemplate") is True:
        return Skipped("template")
    texts = []
    for part in parts:
        text = part.get("text") if isinstance(part, JsonObject) else None
        if not isinstance(text, str):
            return BadLine(line, f"a part of the phrase has no text: {part!r:.120}")
        texts.append(text)
    return Labelled("".join(texts).strip(), label_of(name or ""), line)
