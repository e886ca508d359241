"""What can go wrong in `retrieval`, as one tree.

    RetrievalError
    ├── ArticleError        an article or its file can't be taken in
    ├── SourceError         a source is missing, empty, or not something we read
    ├── IndexingError       the index can't be built or changed as asked
    │   ├── ConfirmationNeeded   it would remove much; say --yes
    │   └── IndexLocked     another writer holds the knowledge base
    ├── StoreError          the index on disk is absent, damaged or foreign
    │   └── NewerIndex      a newer Frontdesk wrote it
    ├── EncoderError        an encoder can't be loaded or doesn't fit the index
    ├── AccessError         roles or an audience that make no sense
    ├── ConditionError      a condition on articles' fields that can't be read
    └── EvaluationError     queries, qrels or runs that don't fit together

Every message says what failed, the value at fault, what was expected and what to do.
"""

from __future__ import annotations

__all__ = [
    "AccessError",
    "ArticleError",
    "ConditionError",
    "ConfirmationNeeded",
    "EncoderError",
    "EvaluationError",
    "IndexLocked",
    "IndexingError",
    "NewerIndex",
    "RetrievalError",
    "SourceError",
    "StoreError",
]


class RetrievalError(Exception):
    """Base of every error that `retrieval` raises on purpose."""


class ArticleError(RetrievalError):
    """An article, or the file it comes from, can't be taken in.

    Args:
        reason: What is wrong and what to do, in a sentence.
        path: The file at fault, as the user named it.
        line: The line at fault, counted from 1; None where lines mean nothing.

    Attributes:
        unclear_rights: Whether the fault leaves open who may read the article; None where the
            format decides.
    """

    def __init__(self, reason: str, *, path: str = "", line: int | None = None) -> None:
        self.unclear_rights: bool | None = None
        self.reason = reason
        self.path = path
        self.line = line
        where = f"{path}:{line}: " if path and line is not None else f"{path}: " if path else ""
        super().__init__(f"{where}{reason}")


class SourceError(RetrievalError):
    """A source named on the command line is missing, empty or unreadable."""


class IndexingError(RetrievalError):
    """The index can't be built or changed as asked; the last good one stands."""


class ConfirmationNeeded(IndexingError):
    """The run would remove much and was not confirmed; nothing was changed."""


class IndexLocked(IndexingError):
    """Another process is writing this knowledge base; nothing was changed."""


class StoreError(RetrievalError):
    """The index on disk is absent, damaged, or written by something else."""


class NewerIndex(StoreError):
    """The index is sound, but only a newer Frontdesk can read it."""


class EncoderError(RetrievalError):
    """An encoder can't be loaded, or isn't the one that the index was built with."""


class AccessError(RetrievalError):
    """An audience or a set of roles that can't be understood."""


class ConditionError(RetrievalError):
    """A condition on the fields of articles (`where`) that can't be read."""


class EvaluationError(RetrievalError):
    """Queries, judgements or a run that don't fit together."""
