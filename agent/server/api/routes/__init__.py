"""The routes, one file a resource. `ROUTERS` are mounted in this order."""

from __future__ import annotations

from fastapi import APIRouter

from agent.server.api.routes import (
    articles,
    ask,
    chat,
    feedback,
    handoff,
    health,
    metrics,
    page,
    sessions,
)

__all__ = ["ROUTERS"]

ROUTERS: tuple[APIRouter, ...] = (
    chat.router,
    ask.router,
    articles.router,
    feedback.router,
    handoff.router,
    sessions.router,
    health.router,
    metrics.router,
    page.router,
)
