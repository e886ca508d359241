"""Settings from a TOML file: plain values under keys that exist, paths made whole."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from agent.errors import ServerError
from agent.server.settings.environment import secret_variable
from agent.server.settings.fields import hints, named_tables, open_fields, options, table
from agent.server.settings.schema import Settings
from agent.server.settings.values import as_table

__all__ = ["from_file"]


def from_file(file: Path) -> dict[str, Any]:
    """Return what a file sets; relative paths in it are relative to its folder.

    Raises:
        ServerError: The file can't be read, isn't TOML, holds a secret or a key that
            doesn't exist.
    """
    try:
        given = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ServerError(
            f"the settings {str(file)!r} can't be read ({error.strerror}): check the path"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ServerError(f"the settings {str(file)!r} aren't TOML: {error}") from error
    _refuse_secrets(given, file)
    _check_keys(Settings, given, where=f"{str(file)!r}: ")
    _resolve(Settings, given, file.parent)
    return given


def _refuse_secrets(given: Mapping[str, Any], file: Path) -> None:
    for name, webhook in as_table(given.get("webhooks")).items():
        if "secret" in as_table(webhook):
            raise ServerError(
                f"{str(file)!r}: webhooks.{name}.secret stands in a file, expected it in the "
                f"environment: set {secret_variable(name)} and delete it here"
            )


def _check_keys(kind: type, given: Mapping[str, Any], *, where: str, prefix: str = "") -> None:
    """Refuse keys that don't exist, naming the nearest one that does."""
    known = [each.name for each in open_fields(kind)]
    for key, value in given.items():
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            hint = f"did you mean {prefix + near[0]!r}?" if near else f"known: {', '.join(known)}"
            raise ServerError(f"{where}there is no setting {prefix + key!r}: {hint}")
        inner = table(hints(kind)[key])
        named = named_tables(hints(kind)[key])
        if inner is not None and isinstance(value, dict):
            _check_keys(inner, value, where=where, prefix=f"{prefix}{key}.")
        elif named is not None:
            for name, each in as_table(value).items():
                _check_keys(named, as_table(each), where=where, prefix=f"{prefix}{key}.{name}.")


def _resolve(kind: type, given: dict[str, Any], folder: Path) -> None:
    """Make the paths of a file relative to its folder."""
    for key, hint in hints(kind).items():
        value = given.get(key)
        inner = table(hint)
        if isinstance(value, str) and Path in options(hint):
            given[key] = folder / Path(value).expanduser()
        elif isinstance(value, dict) and inner is not None:
            _resolve(inner, value, folder)
