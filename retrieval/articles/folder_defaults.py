"""Default audiences of folders: `_frontdesk.toml` with `audience = ["staff"]`.

The nearest folder wins, from the file's own up to its source; beyond that stands
`index --audience`. A default only reaches formats with no place for an audience.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path

from retrieval.articles.decoding import decode
from retrieval.articles.fields import audience_of_json, refuse_misspelt_audience, shown
from retrieval.articles.loader import Audience
from retrieval.articles.sources import DEFAULTS_FILE
from retrieval.errors import ArticleError

__all__ = ["FolderDefaults"]


class FolderDefaults:
    """The default audience of each folder below one root.

    Args:
        root: The folder where the search upwards ends.
        outermost: The default where no folder sets one.
        failed: Told once of each defaults file that can't be used.
    """

    def __init__(
        self, root: Path, outermost: Audience, failed: Callable[[Path, ArticleError], None]
    ) -> None:
        self._root = root
        self._failed = failed
        self._known: dict[Path, Audience | ArticleError] = {}
        self._outermost = outermost

    def audience(self, folder: Path) -> Audience:
        """Return the default for files in `folder`, which is the root or below it.

        Raises:
            ArticleError: The nearest defaults file can't be used, so nothing is public.
        """
        if folder not in self._known:
            self._known[folder] = self._find(folder)
        found = self._known[folder]
        if isinstance(found, ArticleError):
            raise found
        return found

    def _find(self, folder: Path) -> Audience | ArticleError:
        path = folder / DEFAULTS_FILE
        try:
            return _read(path)
        except FileNotFoundError:
            pass
        except ArticleError as error:
            self._failed(path, error)
            return ArticleError(
                f"{DEFAULTS_FILE} of its folder can't be used, so who may read it is unclear"
            )
        if folder == self._root or folder == folder.parent:
            return self._outermost
        try:
            return self.audience(folder.parent)
        except ArticleError as error:
            return error


def _read(path: Path) -> Audience:
    try:
        settings = tomllib.loads(decode(path.read_bytes()))
    except FileNotFoundError:
        raise
    except OSError as error:
        raise ArticleError(f"can't be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ArticleError(f'not valid TOML: {error}; expected audience = ["staff"]') from error
    refuse_misspelt_audience(settings)
    unknown = sorted(set(settings) - {"audience"})
    if unknown or "audience" not in settings:
        raise ArticleError(f'holds {shown(sorted(settings))}; expected audience = ["staff"] alone')
    return audience_of_json(settings["audience"])
