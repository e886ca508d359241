"""Which channels there are: the place to plug one in."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from importlib import import_module
from typing import cast

from agent.errors import ServerError
from agent.server.channels.types import Channel
from agent.server.settings import Settings

__all__ = ["CHANNELS", "open_channel"]

CHANNELS: Mapping[str, str] = {
    "rest": "rest",
    "signed": "signed",
}
"""Name in the settings → module of this package with `make(settings) -> Channel`."""


def open_channel(name: str, settings: Settings) -> Channel:
    """Return a channel, ready to read and write.

    Raises:
        ServerError: There is no such channel, or its settings are wrong.
    """
    if name not in CHANNELS:
        near = difflib.get_close_matches(name, CHANNELS, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(CHANNELS)}"
        raise ServerError(f"channels holds {name!r}, which isn't a channel: {hint}")
    return cast("Channel", import_module(f"agent.server.channels.{CHANNELS[name]}").make(settings))
