"""JSON and XML that steers a site or a tool and holds no article.

Generators of documentation keep such files among the pages. They are counted, and no mistake
of anyone's: a run that meets them has not failed. One that is an export after all is read.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath

__all__ = ["is_site_file"]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_NAMES = _words(
    "_category_.json _meta.json package.json package-lock.json composer.json docfx.json toc.json "
    "theme.json manifest.json site.webmanifest vercel.json netlify.json renovate.json lerna.json "
    "sidebars.json sidebar.json versions.json search.json search_index.json searchindex.json "
    "docs.json mint.json book.json redirects.json cspell.json now.json nx.json turbo.json "
    "firebase.json crowdin.json feed.json feed.xml rss.xml atom.xml index.xml sitemap.xml "
    "browserconfig.xml opensearch.xml pom.xml web.xml openapi.json swagger.json glossary.json "
    "contributors.json .all-contributorsrc settings.json launch.json tasks.json extensions.json"
)
_PATTERN = re.compile(
    r"(?:tsconfig|jsconfig|babel|jest|eslint|stylelint|prettier|markdownlint|cspell|lychee|docfx)"
    r"[\w.-]*\.json|sitemap[\w.-]*\.xml|[\w.-]+\.(?:config|schema|openapi|swagger)\.json",
    re.IGNORECASE,
)


def is_site_file(relative: str) -> bool:
    """Tell a file of a site generator, a package manager or a crawler by its name.

    Example:
        >>> is_site_file("docs/_category_.json"), is_site_file("docs/export.json")
        (True, False)
    """
    name = PurePosixPath(relative).name.lower()
    return name in _NAMES or _PATTERN.fullmatch(name) is not None
