"""`frontdesk serve`: the agent over HTTP, with a chat page."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agent.cli.arguments import AgentFile

if TYPE_CHECKING:
    from agent.server.settings import Settings

__all__ = ["serve"]


def serve(
    kb: Annotated[
        Path | None,
        typer.Option("--kb", help="The knowledge base: the directory that index wrote."),
    ] = None,
    agent: AgentFile = None,
    host: Annotated[
        str | None, typer.Option("--host", help="Address to listen at (127.0.0.1).")
    ] = None,
    port: Annotated[
        int | None, typer.Option("--port", help="Port to listen at (8080); 0 takes a free one.")
    ] = None,
    settings: Annotated[
        Path | None, typer.Option("--settings", help="All other settings, as TOML.")
    ] = None,
    keys: Annotated[
        Path | None,
        typer.Option("--keys", help="The file of API keys (frontdesk-keys.json)."),
    ] = None,
    sessions: Annotated[
        Path | None,
        typer.Option("--sessions", help="The file of conversations; beside the knowledge base."),
    ] = None,
) -> None:
    """Serve the agent over HTTP, with a chat page at /.

    Listening on 127.0.0.1 and with neither keys nor tokens, whoever uses this machine may
    ask and sees what is public. Anything wider has to be configured.

    Example: frontdesk serve --kb build/kb --port 8080
    """
    from agent.server.settings import load_settings

    flags = {
        "kb": kb,
        "agent": agent,
        "host": host,
        "port": port,
        "keys": keys,
        "sessions": sessions,
    }
    _run(load_settings(settings, environment=os.environ, flags=flags))


def _run(settings: Settings) -> None:
    from agent.server.api.kernel_caches import bound_kernel_caches

    # Before anything imports torch.
    bound_kernel_caches()
    from agent.server.api.app import create_app
    from agent.server.api.logs import set_up_logs
    from agent.server.api.running import BACKLOG, listen, run

    # First the address, which fails fast; what takes seconds to load comes after.
    listening = listen(settings.host, settings.port)
    try:
        app = create_app(settings)
        set_up_logs()
        # From here on whoever calls is heard, if only a moment later.
        listening.listen(BACKLOG)
        shown = f"[{settings.host}]" if ":" in settings.host else settings.host
        typer.echo(f"Frontdesk listens at http://{shown}:{listening.getsockname()[1]}")
        for line in _allowed(settings):
            typer.echo(f"  {line}")
        run(app, listening, settings)
    finally:
        listening.close()


def _allowed(settings: Settings) -> list[str]:
    """Say in a few lines who may do what."""
    lines = [f"knowledge base {settings.kb}, conversations {settings.sessions_file}"]
    if settings.anonymous_allowed:
        lines.append("anyone who can reach it may ask, and sees what is public")
    else:
        lines.append("nobody may ask without a key or token")
    if settings.keys.exists():
        lines.append(f"keys from {settings.keys}")
    if settings.token is not None:
        lines.append(f"tokens of {settings.token.issuer}")
    if settings.channels:
        lines.append(f"webhooks: {', '.join(settings.channels)}")
    return lines
