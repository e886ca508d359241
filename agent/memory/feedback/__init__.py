"""What people thought of replies, for `train`, `calibrate`, `evaluate`, and to read.

What is labelled by a person: a thumb up for an answer says that its quote is right; a
correction says what is; a thumb up for a refusal says that there is no answer. The rest
(a thumb down alone, a refusal nobody judged) stands in the CSV, for a person to judge.
Everything was masked when it was stored.
"""

from agent.memory.feedback.exports import Exported, as_csv, as_questions, as_squad
from agent.memory.feedback.finding import Find, find_in_articles
from agent.memory.feedback.judged import Judged, judged_turns

__all__ = [
    "Exported",
    "Find",
    "Judged",
    "as_csv",
    "as_questions",
    "as_squad",
    "find_in_articles",
    "judged_turns",
]
