"""`frontdesk article`: an article's body, exactly."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from agent.cli.arguments import AsJson, Kb, Roles
from agent.cli.console import print_json

__all__ = ["article"]


def article(
    article_id: Annotated[str, typer.Argument(metavar="ID", help="The article's id.")],
    kb: Kb,
    role: Roles = None,
    as_json: AsJson = False,
) -> None:
    """Print an article's body, exactly as citations count in it.

    Example: frontdesk article vpn.md --kb build/kb --role staff
    """
    from retrieval.engines.local import open_index
    from retrieval.errors import StoreError

    found = open_index(kb).article(article_id, roles=frozenset(role or ()))
    if found is None:
        # One text for both, so that nobody learns of an article that is not for them.
        raise StoreError(
            f"there is no article {article_id!r} that may be read with these roles: check the id, "
            "and name the reader's roles with --role"
        )
    if as_json:
        print_json(
            {
                "id": found.id,
                "title": found.title,
                "url": found.url,
                "updated": found.updated,
                "sha256": found.sha256,
                "body": found.body,
            }
        )
        return
    sys.stdout.buffer.write(found.body.encode("utf-8"))
    sys.stdout.buffer.flush()
