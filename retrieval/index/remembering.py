"""Files that were read before are not parsed again: what they held is remembered.

Parsing HTML, Markdown, PDF and DOCX takes far longer than telling by its hash that a file
is the same as last time. With every generation stands what each of its files held, without
the bodies, which the generation has anyhow. Nothing is remembered of formats that are read
as fast as they are hashed, nor of a file that was refused.

What was remembered counts only for the very same file, read by the very same loaders: their
source and the versions of their libraries are part of the key.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import cache
from hashlib import sha256
from importlib import metadata
from pathlib import Path
from typing import Any

from retrieval import articles
from retrieval.articles.loader import Draft, Loader, LoaderOutput, SourceFile, WatchedFile
from retrieval.articles.records import of_json, to_json
from retrieval.articles.registry import QUICK
from retrieval.index.generation import Generation
from retrieval.system.durable import digest

__all__ = ["FileMemory", "loaders_digest"]

_LIBRARIES = (
    "defusedxml",
    "lxml",
    "mammoth",
    "markdown-it-py",
    "mdit-py-plugins",
    "openpyxl",
    "pypdfium2",
    "python-pptx",
    "PyYAML",
)

_NO_BODY = ""


@cache
def loaders_digest() -> str:
    """Return a hash that changes whenever loaders might read a file differently."""
    hashed = sha256()
    for path in sorted(Path(articles.__file__).parent.glob("*.py")):
        hashed.update(path.read_bytes())
    for name in _LIBRARIES:
        try:
            hashed.update(f"{name} {metadata.version(name)}\n".encode())
        except metadata.PackageNotFoundError:
            continue
    return hashed.hexdigest()


class FileMemory:
    """Reads files through their loaders, or from memory.

    Args:
        old: The generation that remembers; None where there is none.
        keep_unread: Go on remembering files that this run doesn't come across.
    """

    def __init__(self, old: Generation | None, *, keep_unread: bool = False) -> None:
        self._old = old
        remembered = {} if old is None else old.remembered_files
        same = remembered.get("loaders") == loaders_digest()
        self._known: Mapping[str, Any] = remembered["files"] if same else {}
        self._seen: dict[str, Any] = dict(self._known) if keep_unread else {}
        self._rows: dict[str, int] | None = None

    def read(self, loader: Loader, file: SourceFile) -> Iterator[LoaderOutput]:
        """Yield what a file holds.

        Raises:
            ArticleError: As the loader does.
            OSError: The file can't be read.
        """
        if loader.__module__.rpartition(".")[2] in QUICK:
            yield from loader(file)
            return
        before = file.path.stat()
        key = f"{digest(file.path)} {file.relative}"
        if file.rights is not None:
            key += f" {file.rights}"
        known = self._known.get(key)
        restored = None if known is None else self._restored(known, file.today)
        if restored is not None:
            self._seen[key] = known
            yield from restored
            return
        watched = WatchedFile(file.path, file.relative, file.today, file.rights)
        held = []
        for found in loader(watched):
            held.append(_to_json(found))
            yield found
        after = file.path.stat()
        if (before.st_mtime_ns, before.st_size) == (after.st_mtime_ns, after.st_size):
            # Otherwise the hash may be of what the file was before it was written anew.
            today = file.today.isoformat() if watched.asked else None
            self._seen[key] = {"today": today, "held": held}

    def to_json(self, bodies: Sequence[str]) -> dict[str, Any]:
        """Return what to remember beside a generation.

        Args:
            bodies: SHA-256 of the bodies it has; what holds others can't be restored later.
        """
        present = frozenset((*bodies, _NO_BODY))
        files = {
            key: entry
            for key, entry in sorted(self._seen.items())
            if all(found.get("body", _NO_BODY) in present for found in entry["held"])
        }
        return {"loaders": loaders_digest(), "files": files}

    def _restored(self, entry: Mapping[str, Any], today: date) -> list[LoaderOutput] | None:
        if entry["today"] not in (None, today.isoformat()):
            return None
        restored = []
        for held in entry["held"]:
            found = self._from_json(held)
            if found is None:
                return None
            restored.append(found)
        return restored

    def _from_json(self, held: Mapping[str, Any]) -> LoaderOutput | None:
        if "body" not in held:
            return of_json(dict(held))
        body = self._body(held["body"])
        return None if body is None else of_json({**held, "body": body})

    def _body(self, sha: str) -> str | None:
        if sha == _NO_BODY:
            return ""
        old = self._old
        if old is None:
            return None
        if self._rows is None:
            hashes = old.manifest.articles.values()
            self._rows = {known: row for row, known in enumerate(hashes)}
        row = self._rows.get(sha)
        return None if row is None else old.body_bytes(row).decode("utf-8")


def _to_json(found: LoaderOutput) -> dict[str, Any]:
    record = to_json(found)
    if isinstance(found, Draft):
        # Articles of white space are left out of the index, which could not give it back.
        record["body"] = _hash(found.body) if found.body.strip() else _NO_BODY
    return record


def _hash(body: str) -> str:
    return sha256(body.encode("utf-8", "surrogatepass")).hexdigest()
