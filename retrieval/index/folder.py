"""The folder of a knowledge base: whether it is ours, its lock, and small files beside the index.

What is in it is told by `parts.py`; the generations are `store.py`'s business.
"""

from __future__ import annotations

import re
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from retrieval.errors import IndexingError, StoreError
from retrieval.index import parts
from retrieval.index.lock import writer_lock
from retrieval.system.durable import replace_file

__all__ = ["KnowledgeBaseFolder"]

_FOLDER_MODE = 0o750
"""For nobody else, and for the group as far as the operator's umask lets it."""

_EXTRA_NAME = re.compile(r"[a-z][a-z0-9_-]*\.json")


@dataclass(frozen=True)
class _Marker:
    """frontdesk-kb.json; whatever stands in it, so that a message can show it."""

    format: Any = None
    version: Any = None


_MARKER_SCHEMA = TypeAdapter(_Marker)
_OURS = _Marker("frontdesk-kb", 1)


class KnowledgeBaseFolder:
    """A folder that is a knowledge base, or may become one.

    Args:
        path: The folder; need not exist yet.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)

    def exists(self) -> bool:
        """Say whether there is a finished index here."""
        return (self.path / parts.MARKER).exists() and (self.path / parts.CURRENT).exists()

    def prepare(self) -> None:
        """Make the directory, or check that it is ours.

        Raises:
            StoreError: The folder holds something else, or is a file.
            IndexingError: It can't be written.
        """
        if self.path.exists():
            if not self.path.is_dir():
                raise StoreError(
                    f"{str(self.path)!r} is a file, expected the folder of a knowledge base: "
                    "name another with --kb"
                )
            if not _is_empty(self.path):
                self.check_ours()
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.mkdir(mode=_FOLDER_MODE, exist_ok=True)
            (self.path / parts.GENERATIONS).mkdir(mode=_FOLDER_MODE, exist_ok=True)
            if not (self.path / parts.MARKER).exists():
                replace_file(self.path / parts.MARKER, _MARKER_SCHEMA.dump_json(_OURS))
        except OSError as error:
            raise IndexingError(
                f"the knowledge base {str(self.path)!r} can't be written "
                f"({error.strerror or error}): check the permissions and the space on the disk"
            ) from error

    def lock(self) -> AbstractContextManager[None]:
        """Hold the right to write.

        Raises:
            IndexLocked: Another writer holds it.
        """
        return writer_lock(self.path)

    def read_extra(self, name: str) -> str | None:
        """Read a small file that belongs to the knowledge base, such as a calibration.

        Args:
            name: Like "calibration.json".

        Returns:
            Its text, None if there is no such file.

        Raises:
            StoreError: The file can't be read.
        """
        path = self._extra(name)
        try:
            return path.read_text("utf-8")
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise StoreError(
                f"{str(path)!r} can't be read ({error}): remove it or write it again"
            ) from error

    def write_extra(self, name: str, content: str) -> None:
        """Write a small file that belongs to the knowledge base, atomically.

        Raises:
            StoreError: There is no knowledge base here, or the file can't be written.
        """
        path = self._extra(name)
        self.check_ours()
        try:
            replace_file(path, content.encode("utf-8"))
        except OSError as error:
            raise StoreError(
                f"{str(path)!r} can't be written ({error.strerror or error}): what was there "
                "before stands"
            ) from error

    def _extra(self, name: str) -> Path:
        if not _EXTRA_NAME.fullmatch(name) or name == parts.MARKER:
            raise StoreError(
                f"{name!r} can't be kept beside an index: expected a name like 'calibration.json'"
            )
        return self.path / name

    def check_ours(self) -> None:
        """Refuse folders that are not knowledge bases.

        Raises:
            StoreError: There is nothing here, or something else.
        """
        if not self.path.exists():
            raise StoreError(
                f"there is no knowledge base at {str(self.path)!r}: check the path, or build one "
                f"with `frontdesk index SOURCE --kb {self.path}`"
            )
        marker = self.path / parts.MARKER
        try:
            record = _MARKER_SCHEMA.validate_json(marker.read_bytes())
        except (OSError, ValueError) as error:
            raise StoreError(
                f"{str(self.path)!r} is not a knowledge base of Frontdesk (it has no readable "
                f"{parts.MARKER}): name one that `frontdesk index` built, or an empty folder"
            ) from error
        if record.format != _OURS.format:
            raise StoreError(
                f"{str(self.path)!r} is not a knowledge base of Frontdesk (its {parts.MARKER} has "
                f"the format {record.format!r}): name one that `frontdesk index` built, or an "
                "empty folder"
            )
        if record.version != _OURS.version:
            raise StoreError(
                f"the knowledge base {str(self.path)!r} has layout version "
                f"{record.version!r} and this Frontdesk reads 1: use the Frontdesk that "
                "built it, or build it again into an empty folder"
            )


def _is_empty(folder: Path) -> bool:
    """Say whether a folder holds nothing but what a killed first run may have left."""
    for path in folder.iterdir():
        unfinished = path.name.startswith(f".{parts.MARKER}.")
        bare = path.name == parts.GENERATIONS and path.is_dir() and not any(path.iterdir())
        if not unfinished and not bare:
            return False
    return True
