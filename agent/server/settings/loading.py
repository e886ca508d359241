"""Settings joined from their sources.

What is given later wins: defaults, then the TOML file, then `FRONTDESK_*` variables, then
flags. A key that doesn't exist is refused with the nearest one that does, since a misspelt
limit is no limit. Secrets come from the environment alone and are never printed.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from agent.errors import ServerError
from agent.server.settings.building import build
from agent.server.settings.environment import add_environment, add_secrets
from agent.server.settings.file import from_file
from agent.server.settings.schema import Settings

__all__ = ["load_settings"]


def load_settings(
    file: Path | None = None,
    *,
    environment: Mapping[str, str],
    flags: Mapping[str, object] | None = None,
) -> Settings:
    """Join a file, the environment and the command line's flags; later ones win.

    Args:
        file: TOML; relative paths in it are relative to its folder.
        environment: Variables, such as `os.environ`; only `FRONTDESK_*` are looked at.
        flags: Top-level settings; None values are left out.

    Raises:
        ServerError: The file can't be read, a key doesn't exist or a value has the wrong
            type; the message names both.
    """
    given: dict[str, Any] = from_file(file) if file is not None else {}
    add_environment(given, environment)
    given.update({name: value for name, value in (flags or {}).items() if value is not None})
    if "kb" not in given:
        raise ServerError("there is no knowledge base: say --kb DIR, or kb in the settings file")
    add_secrets(given, environment)
    return build(Settings, given)
