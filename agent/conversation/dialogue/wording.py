"""How an answer, a refusal and what stands around them read. Pure; invents nothing.

An answer is the snippet as it stands in the article, with the article's title. A refusal
is the configuration's sentence and the titles that came nearest.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from agent.configuration.schema import Texts
from agent.types import Verdict
from qa.types import Answer, SnippetKind

__all__ = ["joined", "pieces", "quoted", "refusal_sentence", "refused"]

_HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_LINE_ENDS = re.compile("\r\n?|[\u2028\u2029\x85]")
_MAX_NEAREST = 3


def joined(*parts: str) -> str:
    """Join the parts that say something, a blank line between them."""
    return "\n\n".join(part.strip() for part in parts if part.strip())


def quoted(answer: Answer) -> str:
    """Return what is shown of an answer: its snippet, and where it stands."""
    snippet = answer.snippet
    shown = snippet.text
    if snippet.kind is SnippetKind.TABLE and snippet.header is not None:
        header = snippet.header.text.strip()
        between = ""
        if header.startswith("|"):
            # Without the line between them, header and row aren't a table to Markdown.
            between = "|" + " --- |" * max(header.strip("|").count("|") + 1, 1) + "\n"
        shown = f"{header}\n{between}{shown.strip()}"
    return joined(_visible(shown), f"From “{_visible(answer.title)}”.")


def refused(texts: Texts, verdict: Verdict, *, offer: bool) -> str:
    """Return an honest no: why, what came nearest, and what else the person can do.

    Args:
        texts: The configuration's sentences.
        verdict: Of the knowledge base; refused.
        offer: Also offer to rephrase or to ask for a person.
    """
    nearest = [_visible(near.title) for near in verdict.nearest[:_MAX_NEAREST] if near.title]
    read_on = ""
    if nearest and verdict.reason != "out_of_scope":
        titles = ", ".join(f"“{title}”" for title in dict.fromkeys(nearest))
        read_on = f"What comes nearest: {titles}."
    return joined(
        refusal_sentence(texts, verdict.reason), read_on, texts.offer_person if offer else ""
    )


def refusal_sentence(texts: Texts, reason: str | None) -> str:
    """Return the configuration's sentence for a reason to refuse."""
    sentences: dict[str | None, str] = {
        "low_confidence": texts.low_confidence,
        "readers_disagree": texts.low_confidence,
        "out_of_scope": texts.out_of_scope,
        "out_of_time": texts.out_of_time,
        "unsupported_language": texts.unsupported_language,
    }
    return sentences.get(reason, texts.not_found)


def pieces(text: str) -> Sequence[str]:
    """Cut a text into what is streamed one after the other; joined, they are the text."""
    return re.findall(r"\S+\s*|\s+", text)


def _visible(text: str) -> str:
    return _HIDDEN.sub("", _LINE_ENDS.sub("\n", text))
