"""Who may read a file by the folders it lies in, by whatever path it is reached.

A link inside a source gives a file or folder a second place. What is restricted in either
place is restricted: the defaults of all of them hold at once.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from retrieval.articles.audience import Audience
from retrieval.articles.folder_defaults import FolderDefaults, FolderSettings
from retrieval.articles.restrictions import both
from retrieval.articles.sources import Source, links
from retrieval.errors import ArticleError

__all__ = ["FolderRights"]


class FolderRights:
    """The settings of every file of one source.

    Args:
        source: The source.
        outermost: The default audience where no folder sets one.
        failed: Told once of each settings file that can't be used.
    """

    def __init__(
        self, source: Source, outermost: Audience, failed: Callable[[Path, ArticleError], None]
    ) -> None:
        self._defaults = FolderDefaults(source.root, outermost, failed)
        self._links = [(link, target) for link, target in links(source)]

    def settings(self, path: Path) -> FolderSettings:
        """Return what holds for a file, named by any of its paths.

        Raises:
            ArticleError: Settings of a place of it can't be used.
        """
        found = [self._defaults.settings(path.parent)]
        if self._links:
            real = path.resolve()
            places = {real.parent}
            for link, target in self._links:
                if real == target:
                    places.add(link.parent)
                elif real.is_relative_to(target):
                    places.add((link / real.relative_to(target)).parent)
            found += [self._defaults.settings(place) for place in sorted(places - {path.parent})]
        return FolderSettings(both(one.audience for one in found), found[0].rights)
