"""Where a turn goes: one table from what is known of a message to what is done with it. Pure."""

from agent.conversation.routing.inputs import SOMETHING_ELSE, RouterInputs, Standing, Thresholds
from agent.conversation.routing.rows import Routed, Row
from agent.conversation.routing.table import TABLE, decide, replay, route
from agent.conversation.routing.verdicts import FoundArticle, VerdictFacts, verdict_facts

__all__ = [
    "SOMETHING_ELSE",
    "TABLE",
    "FoundArticle",
    "Routed",
    "RouterInputs",
    "Row",
    "Standing",
    "Thresholds",
    "VerdictFacts",
    "decide",
    "replay",
    "route",
    "verdict_facts",
]
