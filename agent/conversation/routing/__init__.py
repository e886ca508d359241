"""Where a turn goes: one table from what is known of a message to what is done with it. Pure."""

from agent.conversation.routing.inputs import (
    SOMETHING_ELSE,
    Candidate,
    FoundArticle,
    Routed,
    RouterInputs,
    Row,
    Thresholds,
    VerdictFacts,
    verdict_facts,
)
from agent.conversation.routing.table import TABLE, record, replay, route

__all__ = [
    "SOMETHING_ELSE",
    "TABLE",
    "Candidate",
    "FoundArticle",
    "Routed",
    "RouterInputs",
    "Row",
    "Thresholds",
    "VerdictFacts",
    "record",
    "replay",
    "route",
    "verdict_facts",
]
