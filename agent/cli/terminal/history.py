"""What a person typed before, for the arrow keys: masked, and readable by nobody else.

Kept in the user's state folder, one message a line. It is a convenience: where it can't be
read or written the conversation goes on without.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from agent.memory.privacy.masking import Masker

__all__ = ["STATE_VARIABLE", "ChatHistory", "state_folder"]

STATE_VARIABLE = "FRONTDESK_STATE_DIR"

_FILE = "chat_history"
_MAX_LINES = 1_000
_MAX_LINE_CHARS = 2_000


def state_folder() -> Path:
    """Return `$FRONTDESK_STATE_DIR`, or `frontdesk` in the user's state folder."""
    named = os.environ.get(STATE_VARIABLE)
    if named:
        return Path(named)
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "frontdesk"


class ChatHistory:
    """Lines typed before; added to a file as they come."""

    def __init__(self, masker: Masker, *, folder: Path | None = None) -> None:
        """Name the file; it is made with the first line.

        Args:
            masker: What lines go through before they are written.
            folder: Where; the user's state folder if not given.
        """
        self._masker = masker
        self._path = (folder if folder is not None else state_folder()) / _FILE

    def lines(self) -> list[str]:
        """Return the lines kept, oldest first; the file is cut to the last thousand."""
        try:
            kept = self._path.read_text("utf-8", errors="replace").splitlines()
        except OSError:
            return []
        if len(kept) > _MAX_LINES:
            kept = kept[-_MAX_LINES:]
            partial = self._path.with_name(f"{_FILE}.{os.getpid()}.partial")
            with suppress(OSError):
                self._write(partial, "".join(f"{line}\n" for line in kept), os.O_TRUNC)
                partial.replace(self._path)
        return kept

    def add(self, line: str) -> None:
        """Keep one line, masked."""
        shown = " ".join(self._masker.mask(line).split())[:_MAX_LINE_CHARS]
        if not shown:
            return
        with suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._write(self._path, shown + "\n", os.O_APPEND)

    @staticmethod
    def _write(path: Path, text: str, how: int) -> None:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | how, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode("utf-8", errors="replace"))
