"""The asker, as the rest of the server sees one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from retrieval.types import PUBLIC, Roles

__all__ = ["ANONYMOUS", "Asker", "AskerKind"]


class AskerKind(StrEnum):
    """How an asker is known."""

    ANONYMOUS = "anonymous"
    KEY = "key"
    TOKEN = "token"  # noqa: S105 - a kind, not a secret
    WEBHOOK = "webhook"


@dataclass(frozen=True)
class Asker:
    """Someone who asks, and what they may read.

    Attributes:
        owner: Whose sessions these are; nobody else's name is ever the same.
        roles: Vouched for by the key, the token or the webhook's settings; never by a
            request's body.
        kind: How they are known.
        label: For logs: names the key, never the person.
    """

    owner: str
    roles: Roles
    kind: AskerKind
    label: str

    @property
    def is_anonymous(self) -> bool:
        """Whether nobody vouches for them."""
        return self.kind is AskerKind.ANONYMOUS


ANONYMOUS = Asker("anonymous", PUBLIC, AskerKind.ANONYMOUS, "anonymous")
"""Sees what is public; their sessions are theirs by an id that can't be guessed."""
