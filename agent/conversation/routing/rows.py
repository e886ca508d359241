"""What a row of the table is, and what it gives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from agent.conversation.routing.inputs import RouterInputs
from agent.types import HandoverReason, Route

__all__ = ["MAX_CHOICES", "Routed", "Row", "fixed", "percent"]

MAX_CHOICES = 3
"""Choices of a clarifying question, without "something else"."""


@dataclass(frozen=True)
class Routed:
    """What a row of the table gives.

    Attributes:
        rule: The row's name.
        route: Where the turn goes; None asks for the knowledge base's verdict first.
        intent: The intent acted on, or None.
        confidence: Of what was chosen, 0 to 1.
        explanation: One sentence that a support lead can read.
        kind: What the choices are: "intent" or "article"; empty without any.
        choices: Intent names or article ids to choose from.
        article: The article to quote from, if the person chose one.
        reason: Why a person takes over, if one does.
        detail: The rule or action behind it.
    """

    rule: str
    route: Route | None
    intent: str | None = None
    confidence: float = 1.0
    explanation: str = ""
    kind: str = ""
    choices: tuple[str, ...] = ()
    article: str | None = None
    reason: HandoverReason | None = None
    detail: str = ""

    @property
    def needs_verdict(self) -> bool:
        """Whether the knowledge base has to be asked before anything is decided."""
        return self.route is None


@dataclass(frozen=True)
class Row:
    """One row of the table.

    Attributes:
        name: Unique; what decisions call it.
        when: Its condition.
        gives: What follows. Called only where the condition holds.
    """

    name: str
    when: Callable[[RouterInputs], bool]
    gives: Callable[[RouterInputs], Routed]


def percent(confidence: float) -> str:
    """Return a share as a person reads it."""
    return f"{100 * confidence:.0f} %"


def fixed(name: str, route: Route, explanation: str) -> Callable[[RouterInputs], Routed]:
    """Return a row's result that doesn't depend on the inputs."""
    routed = Routed(name, route, explanation=explanation)
    return lambda _: routed
