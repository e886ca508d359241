"""The files that a new agent starts from: written whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from agent.errors import ConfigurationError
from retrieval.system.durable import sync_folder, sync_tree

__all__ = ["STARTER_FILES", "write_starter"]

_TEMPLATES = Path(__file__).parent / "templates"

STARTER_FILES = (
    "agent.yaml",
    "intents.yaml",
    "smalltalk.qna",
    "conversations/basics.yaml",
)
"""What is written, relative to the folder."""


def write_starter(folder: Path) -> tuple[Path, ...]:
    """Write a commented configuration that works as it stands.

    The files are made beside their places and then named all at once; a file that is there
    already is never touched, and a failure leaves nothing behind.

    Args:
        folder: Made if it isn't there; its parent must be a folder.

    Returns:
        The files written.

    Raises:
        ConfigurationError: A file is there already, or the folder can't be made.
    """
    targets = tuple(folder / name for name in STARTER_FILES)
    _refuse_existing(folder, targets)
    made: list[Path] = []
    try:
        _make_folder(folder, made)
        with tempfile.TemporaryDirectory(prefix=".frontdesk-init-", dir=folder) as name:
            _name_all(Path(name), targets, made)
    except OSError as error:
        _take_back(made)
        raise ConfigurationError(
            f"can't write the agent's files to {str(folder)!r}: {error.strerror or error}; "
            "nothing was written"
        ) from error
    except BaseException:
        _take_back(made)
        raise
    sync_folder(folder)
    return targets


def _refuse_existing(folder: Path, targets: tuple[Path, ...]) -> None:
    if folder.exists() and not folder.is_dir():
        raise ConfigurationError(f"{str(folder)!r} is a file; name a folder to write the agent to")
    there = [str(path) for path in targets if os.path.lexists(path)]
    if there:
        raise ConfigurationError(
            f"{' and '.join(there)} {'is' if len(there) == 1 else 'are'} there already and "
            "would be overwritten: nothing was written; name another folder, or move "
            f"{'it' if len(there) == 1 else 'them'} away first"
        )


def _make_folder(folder: Path, made: list[Path]) -> None:
    if not folder.is_dir():
        folder.mkdir()
        made.append(folder)


def _name_all(workplace: Path, targets: tuple[Path, ...], made: list[Path]) -> None:
    for number, name in enumerate(STARTER_FILES):
        shutil.copyfile(_TEMPLATES / name, workplace / str(number))
    sync_tree(workplace)
    for number, target in enumerate(targets):
        _make_folder(target.parent, made)
        # A link, unlike a rename, fails where a file has turned up in the meantime.
        os.link(workplace / str(number), target)
        made.append(target)


def _take_back(made: list[Path]) -> None:
    """Remove what was made, latest first; a folder that others fill meanwhile stays."""
    for path in reversed(made):
        try:
            if path.is_dir() and not path.is_symlink():
                path.rmdir()
            else:
                path.unlink()
        except OSError:
            continue
