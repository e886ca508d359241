"""`frontdesk info`: what a knowledge base holds, and whether it is whole."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from agent.cli.arguments import AsJson, Kb
from agent.cli.console import EXIT_FAILED, note, print_json

if TYPE_CHECKING:
    from retrieval.index.store import Health

__all__ = ["info"]


def info(kb: Kb, as_json: AsJson = False) -> None:
    """Show what a knowledge base holds, and check it whole; exit code 1 if it is damaged.

    Example: frontdesk info --kb build/kb
    """
    from retrieval.index.store import IndexStore

    store = IndexStore(kb)
    health = store.health()
    described = _described(store, health)
    if as_json:
        print_json(described)
    else:
        _show(described, kb)
    if health.problems:
        raise typer.Exit(EXIT_FAILED)


def _described(store: Any, health: Health) -> dict[str, Any]:
    """Return what `info --json` prints: counts and places, no text and no title."""
    manifest = health.manifest
    described: dict[str, Any] = {
        "generation": health.generation,
        "articles": None,
        "passages": None,
        "formats": None,
        "encoder": None,
        "healthy": not health.problems,
        "problems": list(health.problems),
        "generations": store.generations(),
    }
    if manifest is not None:
        described |= {
            "articles": len(manifest.articles),
            "passages": manifest.passages,
            "formats": dict(manifest.formats),
            "encoder": manifest.encoder.id,
            "encoder_name": manifest.encoder.name,
            "previous": manifest.previous,
            "created": manifest.created,
            "frontdesk": manifest.frontdesk,
            "size_bytes": health.size_bytes,
            "skipped": dict(manifest.skipped),
            "rejected": manifest.rejected,
            "sources": [
                {"path": source.path, "articles": source.articles} for source in manifest.sources
            ],
            "chunking": dict(manifest.chunking),
            "fusion": dict(manifest.fusion),
        }
    described["second_reading"] = _second_reading()
    return described


def _second_reading() -> str:
    """Say whether and how the reader `checked` reads twice on this machine."""
    from qa.registry import second_reading_here

    return str(second_reading_here())


def _show(described: dict[str, Any], kb: Path) -> None:
    """Print what `info` found, a line each."""
    lines = [("knowledge base", str(kb)), ("generation", described["generation"] or "unknown")]
    if described["articles"] is not None:
        formats = ", ".join(f"{name} {count:,}" for name, count in described["formats"].items())
        earlier = [name for name in described["generations"] if name != described["generation"]]
        lines += [
            ("built", f"{described['created']} by frontdesk {described['frontdesk']}"),
            ("also kept", ", ".join(earlier) or "none"),
            ("articles", f"{described['articles']:,}" + (f" ({formats})" if formats else "")),
            ("passages", f"{described['passages']:,}"),
            ("encoder", described["encoder"]),
            ("size", f"{described['size_bytes'] / 1e6:,.1f} MB"),
        ]
        lines += [
            ("source", f"{source['path']} ({source['articles']:,})")
            for source in described["sources"]
        ]
    lines.append(("second reading", described["second_reading"]))
    lines.append(("health", "good" if described["healthy"] else "damaged"))
    for name, value in lines:
        typer.echo(f"{name:<15} {value}")
    for problem in described["problems"]:
        note(f"damaged: {problem}")
