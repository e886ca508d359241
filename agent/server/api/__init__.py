"""The agent over HTTP: an app factory, routes, wire schemas, and who may ask what.

    from agent.server.api import create_app
    app = create_app(settings)

Imports nothing heavy before it is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from agent.server.api.app import create_app

__all__ = ["create_app"]


def __getattr__(name: str) -> Any:
    """Import a public name on first use (PEP 562)."""
    if name not in __all__:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    from agent.server.api.app import create_app

    return create_app


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
