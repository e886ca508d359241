"""`frontdesk keys`: makes, lists and revokes the API keys that a server takes."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from agent.cli.arguments import AsJson, Keys
from agent.cli.console import note, print_json

__all__ = ["create", "list_keys", "revoke"]

DEFAULT = Path("frontdesk-keys.json")


def create(
    name: Annotated[str, typer.Argument(help="Who or what will use it.")],
    role: Annotated[
        list[str] | None,
        typer.Option("--role", help="What it may read; repeat for more. None: public only."),
    ] = None,
    expires: Annotated[
        str | None,
        typer.Option("--expires", help="90d, 12h, or a date such as 2027-01-31 (UTC)."),
    ] = None,
    keys: Keys = DEFAULT,
    as_json: AsJson = False,
) -> None:
    """Make a key and show it, once: only its hash is kept.

    Example: frontdesk keys create intranet --role staff --expires 365d
    """
    from agent.server.api.auth.keys import KeyFile

    now = datetime.now(UTC)
    new = KeyFile(keys).create(
        name, role or (), now=now, expires=None if expires is None else _moment(expires, now)
    )
    if as_json:
        print_json({**new.key.to_json(now), "key": new.secret})
        return
    typer.echo(new.secret)
    note(
        f"Key {new.key.id} for {new.key.name!r} is in {str(keys)!r}. This is the only time that "
        "it is shown: store it where its user keeps secrets."
    )


def list_keys(keys: Keys = DEFAULT, as_json: AsJson = False) -> None:
    """List keys: id, name, roles, when made, and whether they still count.

    Example: frontdesk keys list
    """
    from agent.server.api.auth.keys import KeyFile

    now = datetime.now(UTC)
    found = KeyFile(keys).list()
    if as_json:
        print_json([key.to_json(now) for key in found])
        return
    if not found:
        note(f"There are no keys in {str(keys)!r}. Make one: frontdesk keys create NAME")
    for key in found:
        until = f", until {key.expires}" if key.expires else ""
        roles = ", ".join(key.roles) or "public only"
        typer.echo(f"{key.id}  {key.state(now)}  {key.name!r}  [{roles}]  {key.created}{until}")


def revoke(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="As `keys list` shows it.")],
    keys: Keys = DEFAULT,
    as_json: AsJson = False,
) -> None:
    """Make a key worthless, for good; a running server notices within a second.

    Example: frontdesk keys revoke k3v9x2ab
    """
    from agent.server.api.auth.keys import KeyFile

    now = datetime.now(UTC)
    key = KeyFile(keys).revoke(key_id, now=now)
    if as_json:
        print_json(key.to_json(now))
    else:
        note(f"Key {key.id} ({key.name!r}) is revoked.")


def _moment(text: str, now: datetime) -> datetime:
    """Return when a key ends.

    Raises:
        ServerError: It is neither a length nor a date.
    """
    from agent.errors import ServerError

    length = re.fullmatch(r"([0-9]{1,5})([dh])", text)
    if length:
        n = int(length[1])
        return now + (timedelta(days=n) if length[2] == "d" else timedelta(hours=n))
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ServerError(
            f"--expires is {text!r}, expected a length such as 90d or 12h, or a date such as "
            "2027-01-31"
        ) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
