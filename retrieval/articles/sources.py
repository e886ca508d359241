"""The files behind the SOURCEs of a run, in a fixed order.

Hidden files, the lock files of office programs, `_frontdesk.toml` and knowledge bases that
were built inside a source are not articles.
Links are followed as far as they stay inside their source: what lies outside wasn't named, and
its rights aren't known. A folder that was already walked is not walked again.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from retrieval.errors import SourceError
from retrieval.types import INDEX_MARKER

__all__ = ["DEFAULTS_FILE", "LEAVES", "Source", "links", "resolve", "walk"]

DEFAULTS_FILE = "_frontdesk.toml"
"""Name of the file that sets the default audience of a folder."""


LEAVES = "it is a link that leaves the source: name what it points to as a source of its own"
"""Why such a link is refused."""


@dataclass(frozen=True)
class Source:
    """One SOURCE of the command line.

    Attributes:
        given: As the user named it, for messages.
        path: Resolved and absolute.
        name: What an id is prefixed with if two sources clash; unique within a run.
    """

    given: str
    path: Path
    name: str

    @property
    def root(self) -> Path:
        """The folder that relative paths start from."""
        return self.path if self.path.is_dir() else self.path.parent

    def shown(self, relative: str) -> str:
        """Return a file's path as the user would name it."""
        return str(Path(self.given) / relative) if self.path.is_dir() else self.given


def resolve(sources: Sequence[str | Path]) -> list[Source]:
    """Return the sources with unique names; one given twice is taken once.

    A name is the last part of the path, and as many more as tell it from the others.
    """
    given = {Path(source).resolve(): str(source) for source in reversed(sources)}
    paths = list(reversed(given))
    return [Source(given[path], path, _name(path, paths)) for path in paths]


def _name(path: Path, paths: Sequence[Path]) -> str:
    parts = path.parts[1:] or path.parts
    for length in range(1, len(parts) + 1):
        tail = parts[-length:]
        if sum(other.parts[-length:] == tail for other in paths) == 1:
            return "/".join(tail)
    return path.as_posix()


def walk(source: Source, failed: Callable[[str, OSError], None]) -> Iterator[tuple[str, Path]]:
    """Yield (POSIX path inside the source, path) of every file, ordered by the former.

    Args:
        source: A folder, or a single file.
        failed: Told of folders and files that can't be looked at; the walk goes on.

    Raises:
        SourceError: The source doesn't exist, or is neither a file nor a folder.
    """
    try:
        mode = source.path.stat().st_mode
    except OSError as error:
        raise SourceError(
            f"source {source.given!r} can't be read ({error.strerror}): "
            "check the path; nothing was changed"
        ) from error
    if stat.S_ISREG(mode):
        yield source.path.name, source.path
    elif stat.S_ISDIR(mode):
        yield from sorted(_files(source.path, failed))
    else:
        raise SourceError(f"source {source.given!r} is neither a file nor a folder")


def _files(root: Path, failed: Callable[[str, OSError], None]) -> Iterator[tuple[str, Path]]:
    seen: set[tuple[int, int]] = set()
    folders = [("", root)]
    while folders:
        prefix, folder = folders.pop()
        try:
            about = folder.stat()
            if (about.st_dev, about.st_ino) in seen:
                continue
            seen.add((about.st_dev, about.st_ino))
            # Sorted, so that of two links to one folder the same is walked every time.
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as error:
            failed(prefix.rstrip("/") or ".", error)
            continue
        if any(entry.name == INDEX_MARKER for entry in entries):
            # A knowledge base built inside its own source: no article of anyone's.
            continue
        for entry in entries:
            if entry.name.startswith((".", "~$")) or entry.name == DEFAULTS_FILE:
                continue
            relative = prefix + entry.name
            try:
                if entry.is_symlink() and not Path(entry.path).resolve().is_relative_to(root):
                    raise OSError(errno.EXDEV, LEAVES)
                mode = entry.stat().st_mode
            except OSError as error:
                failed(relative, error)
                continue
            if stat.S_ISDIR(mode):
                folders.append((relative + "/", Path(entry.path)))
            elif stat.S_ISREG(mode):
                yield relative, Path(entry.path)


def links(source: Source) -> list[tuple[Path, Path]]:
    """Return every link inside a source with what it points to, as far as that lies in it too.

    Returns:
        (path of the link, real path of its target), ordered by the former.
    """
    found: list[tuple[Path, Path]] = []
    if not source.path.is_dir():
        return found
    for folder, folders, files in os.walk(source.root):
        for name in (*folders, *files):
            path = Path(folder) / name
            if path.is_symlink() and (target := path.resolve()).is_relative_to(source.root):
                found.append((path, target))
    return sorted(found)
