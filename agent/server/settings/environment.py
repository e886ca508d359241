"""Settings from variables named `FRONTDESK_...`; the only place that secrets come from."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Any, get_origin

from agent.errors import ServerError
from agent.server.settings.fields import hints, named_tables, table
from agent.server.settings.schema import Settings
from agent.server.settings.secret import Secret
from agent.server.settings.values import as_table, from_text

__all__ = ["PREFIX", "SECRET_PREFIX", "add_environment", "add_secrets", "secret_variable"]

PREFIX = "FRONTDESK_"
"""Starts the name of every variable that is read; tables and keys follow, joined by `_`."""

SECRET_PREFIX = "FRONTDESK_WEBHOOK_SECRET_"  # noqa: S105 - a name, not a secret
"""The name of a webhook in capitals follows."""

_LEAST_SECRET_CHARS = 32


def add_environment(given: dict[str, Any], environment: Mapping[str, str]) -> None:
    """Add what the variables set to what the file did.

    Args:
        given: Settings so far; changed.
        environment: Variables by name.

    Raises:
        ServerError: A variable says no such value, or its name looks misspelt.
    """
    slots = dict(_slots())
    for variable, text in environment.items():
        if not variable.startswith(PREFIX) or variable.startswith(SECRET_PREFIX):
            continue
        if variable not in slots:
            # Other rooms have variables of their own (FRONTDESK_CACHE_DIR): only what looks
            # like a slip of the pen is refused.
            near = difflib.get_close_matches(variable, slots, n=1, cutoff=0.9)
            if near:
                raise ServerError(f"there is no variable {variable!r}: did you mean {near[0]!r}?")
            continue
        within, key, hint = slots[variable]
        target = given if within is None else given.setdefault(within, {})
        if not isinstance(target, dict):
            raise ServerError(f"{within!r} is {target!r}, expected a table [{within}]")
        target[key] = from_text(variable, text, hint)


def _slots() -> Iterator[tuple[str, tuple[str | None, str, Any]]]:
    """Yield every variable with the table, key and type that it sets."""
    for key, hint in hints(Settings).items():
        inner = table(hint)
        if inner is not None:
            for deep, deep_hint in hints(inner).items():
                if get_origin(deep_hint) is not Mapping:
                    yield f"{PREFIX}{key}_{deep}".upper(), (key, deep, deep_hint)
        elif named_tables(hint) is None:
            yield f"{PREFIX}{key}".upper(), (None, key, hint)


def secret_variable(webhook: str) -> str:
    """Return the variable that holds a webhook's secret."""
    return SECRET_PREFIX + webhook.upper().replace("-", "_")


def add_secrets(given: dict[str, Any], environment: Mapping[str, str]) -> None:
    """Give every webhook its secret.

    Args:
        given: Settings so far; changed.
        environment: Variables by name.

    Raises:
        ServerError: A webhook has no secret or a short one, or a secret has no webhook.
    """
    webhooks = as_table(given.get("webhooks"))
    named = {secret_variable(name): name for name in webhooks}
    for variable in environment:
        if variable.startswith(SECRET_PREFIX) and variable not in named:
            raise ServerError(
                f"{variable} is set, but there is no such webhook: add a table "
                f"[webhooks.{variable.removeprefix(SECRET_PREFIX).lower()}] to the settings file"
            )
    for variable, name in named.items():
        secret = environment.get(variable, "")
        if len(secret) < _LEAST_SECRET_CHARS:
            raise ServerError(
                f"the webhook {name!r} has "
                + (
                    f"a secret of fewer than {_LEAST_SECRET_CHARS} characters"
                    if secret
                    else "no secret"
                )
                + f": set {variable} to a long random text, such as `openssl rand -hex 32` prints"
            )
        webhooks[name] = {**as_table(webhooks[name]), "secret": Secret(secret)}
    if webhooks:
        given["webhooks"] = webhooks
