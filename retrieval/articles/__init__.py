"""Articles in: one loader per source format behind `load_articles()`.

See `registry.py` for adding a format, and docs/formats.md for what each one keeps.
"""

from retrieval.articles.loading import Loaded, Rejected, load_articles

__all__ = ["Loaded", "Rejected", "load_articles"]
