"""Settings of folders: `_frontdesk.toml` with `audience = ["staff"]` and `[rights]`.

The nearest folder that sets a thing wins, from the file's own up to its source; beyond that
stands `index --audience`. A default audience only reaches formats with no place for one.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from retrieval.articles.audience import (
    Audience,
    RightsField,
    audience_of_json,
    refuse_misspelt_audience,
)
from retrieval.articles.decoding import decode
from retrieval.articles.fields import shown
from retrieval.articles.sources import DEFAULTS_FILE
from retrieval.errors import ArticleError

__all__ = ["FolderDefaults", "FolderSettings"]

_MAX_BYTES = 20_000
_EXPECTED = 'expected audience = ["staff"], or a table [rights]'


@dataclass(frozen=True)
class FolderSettings:
    """What holds for the files of a folder.

    Attributes:
        audience: The default for formats with no place for one.
        rights: Which field of front matter says who may read; None if nothing was said.
    """

    audience: Audience = None
    rights: RightsField | None = None


class FolderDefaults:
    """The settings of each folder below one root.

    Args:
        root: The folder where the search upwards ends.
        outermost: The default audience where no folder sets one.
        failed: Told once of each settings file that can't be used.
    """

    def __init__(
        self, root: Path, outermost: Audience, failed: Callable[[Path, ArticleError], None]
    ) -> None:
        self._root = root
        self._failed = failed
        self._known: dict[Path, FolderSettings | ArticleError] = {}
        self._outermost = outermost

    def audience(self, folder: Path) -> Audience:
        """Return the default for files in `folder`, which is the root or below it.

        Raises:
            ArticleError: A settings file on the way up can't be used, so nothing is public.
        """
        return self.settings(folder).audience

    def settings(self, folder: Path) -> FolderSettings:
        """Return the settings for files in `folder`.

        Raises:
            ArticleError: As `audience`.
        """
        if folder not in self._known:
            self._known[folder] = self._find(folder)
        found = self._known[folder]
        if isinstance(found, ArticleError):
            raise found
        return found

    def _find(self, folder: Path) -> FolderSettings | ArticleError:
        above: FolderSettings | ArticleError = FolderSettings(self._outermost)
        if folder not in (self._root, folder.parent):
            try:
                above = self.settings(folder.parent)
            except ArticleError as error:
                above = error
        path = folder / DEFAULTS_FILE
        try:
            own, says_audience = _read(path)
        except FileNotFoundError:
            return above
        except ArticleError as error:
            self._failed(path, error)
            return ArticleError(
                f"{DEFAULTS_FILE} of its folder can't be used, so who may read it is unclear"
            )
        if isinstance(above, ArticleError):
            # What this folder doesn't say itself stays unclear.
            return own if says_audience and own.rights is not None else above
        return FolderSettings(
            own.audience if says_audience else above.audience, own.rights or above.rights
        )


def _read(path: Path) -> tuple[FolderSettings, bool]:
    """Return what a settings file states, and whether it states an audience."""
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise ArticleError(f"holds more than {_MAX_BYTES:,} bytes; {_EXPECTED}")
        table = tomllib.loads(decode(path.read_bytes()))
    except FileNotFoundError:
        raise
    except OSError as error:
        raise ArticleError(f"can't be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ArticleError(f"not valid TOML: {error}; {_EXPECTED}") from error
    refuse_misspelt_audience(table)
    if not table or set(table) - {"audience", "rights"}:
        raise ArticleError(f"holds {shown(sorted(table))}; {_EXPECTED}")
    settings = FolderSettings(audience_of_json(table.get("audience")))
    if "rights" in table:
        settings = replace(settings, rights=RightsField.of_toml(table["rights"]))
    return settings, "audience" in table
