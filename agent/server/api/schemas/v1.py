"""The wire, version 1. Offsets are half-open and count Unicode code points.

Keys of a request that aren't named here are ignored, so that newer clients can talk to
older servers. In particular nothing in a body says who is asking or what they may read.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from agent.conversation.handover import packet_to_json
from agent.types import Reply, Route, Verdict
from qa.types import RefusalReason
from qa.wire import answer_to_json

__all__ = [
    "ArticleBody",
    "AskRequest",
    "AskResult",
    "ChatReply",
    "ChatRequest",
    "Citation",
    "FeedbackReceipt",
    "FeedbackRequest",
    "HandoffReceipt",
    "HandoffRequest",
    "Health",
    "ProblemBody",
    "Transcript",
    "chat_json",
]

_CITATION = {
    "text": "Settings > Password > Forgot password",
    "confidence": 0.91,
    "reader": "checked",
    "article_id": "it/password-reset",
    "title": "Resetting your password",
    "url": "https://intranet.example.com/it/password-reset",
    "article_sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "start": 210,
    "end": 247,
    "passage_id": "it/password-reset#180-420",
    "snippet": {
        "text": "Open Settings > Password > Forgot password and follow the steps.",
        "start": 205,
        "end": 269,
        "kind": "sentence",
        "header": None,
    },
}

_CHAT_REPLY = {
    "session": "s_4Zt0hV3mQkq8cJtq2bXw9A",
    "reply": "Open Settings > Password > Forgot password and follow the steps.",
    "route": "ANSWER",
    "intent": None,
    "citations": [_CITATION],
    "choices": [],
    "confidence": 0.91,
    "decision_id": "d_1QbB0e9VJmJ7h1m0",
    "handoff": None,
    "parts": [],
}


def _whole(text: str) -> str:
    """Refuse half a surrogate pair: JSON can spell it, UTF-8 can't."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ValueError("the text holds half a surrogate pair") from error
    return text


Text = Annotated[str, AfterValidator(_whole)]


class _Wire(BaseModel):
    # Strict: false is no number of milliseconds, and "5" isn't either.
    model_config = ConfigDict(extra="ignore", allow_inf_nan=False, strict=True)


def _example(value: Any) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [value]})


class ExtractBody(_Wire):
    """A text with its place in the article's body."""

    text: str
    start: int
    end: int


class SnippetBody(_Wire):
    """What a person should be shown; the answer's span lies inside it."""

    text: str
    start: int
    end: int
    kind: Literal["sentence", "paragraph", "steps", "table", "code"]
    header: ExtractBody | None


class Citation(_Wire):
    """A quote: `text` is the article's body from `start` to `end`."""

    model_config = _example(_CITATION)

    text: str
    confidence: float
    reader: str
    article_id: str
    title: str
    url: str | None
    article_sha256: str
    start: int
    end: int
    passage_id: str
    snippet: SnippetBody


class NearestBody(_Wire):
    """An article that came near."""

    article_id: str
    title: str


class RefusalBody(_Wire):
    """A reasoned no."""

    reason: RefusalReason
    message: str
    nearest: list[NearestBody]


class PartBody(_Wire):
    """What the knowledge base says to one of several things that a message asks."""

    question: str
    status: Literal["answered", "refused"]
    answers: list[Citation]
    refusal: RefusalBody | None


class ChatRequest(_Wire):
    """One message of a conversation."""

    model_config = _example({"message": "How do I reset my password?"})

    message: Annotated[Text, Field(description="What the person wrote.")]
    session: Annotated[
        Text | None,
        Field(
            default=None,
            max_length=200,
            description="From the reply before; without one, a conversation begins.",
        ),
    ]


class ChatReply(_Wire):
    """What goes back to the person."""

    model_config = _example(_CHAT_REPLY)

    session: Annotated[str, Field(description="Send it with the next message.")]
    reply: Annotated[str, Field(description="What is shown; plain text.")]
    route: Route
    intent: str | None
    citations: list[Citation]
    choices: Annotated[list[str], Field(description="Sending one of them back picks it.")]
    confidence: float
    decision_id: str
    handoff: Annotated[
        dict[str, Any] | None,
        Field(description="What a person who takes over needs, when one does; else null."),
    ]
    parts: Annotated[list[PartBody], Field(description="Where the message asks several things.")]


class AskRequest(_Wire):
    """One question, without a conversation."""

    model_config = _example({"question": "How do I reset my password?"})

    question: Text
    reader: Annotated[
        Text | None,
        Field(default=None, max_length=200, description="One of those the server offers."),
    ]
    budget_ms: Annotated[
        float | None,
        Field(default=None, ge=0, description="Stop reading after so many milliseconds."),
    ]
    where: Annotated[
        list[Annotated[Text, Field(max_length=500)]],
        Field(
            default=[],
            max_length=20,
            description="Conditions on the articles' fields, such as `product=aero3` or "
            "`updated>=2025-01-01`; all must hold.",
        ),
    ]


class AskResult(_Wire):
    """What `frontdesk ask --json` prints: answers, or a refusal with its candidates."""

    model_config = _example(
        {
            "question": "How do I reset my password?",
            "status": "answered",
            "refusal": None,
            "answers": [_CITATION],
            "calibration": "default",
            "generation": "000001-5c1f",
            "timings_ms": {"retrieve": 4.1, "read": 120.5, "total": 126.0},
        }
    )

    question: str
    status: Literal["answered", "refused"]
    refusal: RefusalBody | None
    answers: Annotated[list[Citation], Field(max_length=3)]
    calibration: Literal["default", "adapted", "valid", "stale"]
    generation: str
    timings_ms: dict[str, float]


class HighlightBody(_Wire):
    """The body in three pieces around the span that was asked for; joined, they are it."""

    start: int
    end: int
    before: str
    quote: str
    after: str


class ArticleBody(_Wire):
    """An article, exactly as it is quoted."""

    model_config = _example(
        {
            "id": "it/password-reset",
            "title": "Resetting your password",
            "url": None,
            "updated": "2026-01-15",
            "body": "Open Settings.",
            "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "highlight": {
                "start": 5,
                "end": 13,
                "before": "Open ",
                "quote": "Settings",
                "after": ".",
            },
        }
    )

    id: str
    title: str
    url: str | None
    updated: str | None
    body: str
    sha256: Annotated[str, Field(description="Of the body in UTF-8.")]
    highlight: HighlightBody | None


class FeedbackRequest(_Wire):
    """What a person thinks of a reply."""

    model_config = _example(
        {
            "decision_id": "d_1QbB0e9VJmJ7h1m0",
            "thumb": "down",
            "correction": "Use the self-service page.",
        }
    )

    decision_id: Annotated[Text, Field(min_length=1, max_length=200)]
    thumb: Literal["up", "down"]
    correction: Annotated[
        Text | None, Field(default=None, description="The right answer, best word for word.")
    ]


class FeedbackReceipt(_Wire):
    """The feedback is stored."""

    model_config = _example({"decision_id": "d_1QbB0e9VJmJ7h1m0", "thumb": "down"})

    decision_id: str
    thumb: Literal["up", "down"]


class HandoffRequest(_Wire):
    """What the colleague who took over says."""

    model_config = _example({"reply": "Your badge is ready at the desk.", "give_back": True})

    reply: Annotated[Text | None, Field(default=None, description="Told to the person.")]
    give_back: Annotated[bool, Field(default=False, description="The agent goes on from here.")]


class HandoffReceipt(_Wire):
    """The words are kept."""

    model_config = _example({"session": "s_4Zt0hV3mQkq8cJtq2bXw9A", "handed_over": False})

    session: str
    handed_over: Annotated[bool, Field(description="Whether it is still with a colleague.")]


class Transcript(_Wire):
    """A conversation as it is stored: personal data masked."""

    model_config = _example({"session": {"id": "s_4Zt0hV3mQkq8cJtq2bXw9A", "turns": []}})

    session: dict[str, Any]


class Health(_Wire):
    """How the server is."""

    model_config = _example({"status": "ok"})

    status: str
    generation: str | None = None
    readers: list[str] | None = None


class ProblemBody(BaseModel):
    """Problem details, RFC 9457."""

    model_config = ConfigDict(
        extra="allow",
        title="Problem",
        json_schema_extra={
            "examples": [
                {
                    "type": "urn:frontdesk:problem:not-found",
                    "title": "There is nothing here for you",
                    "status": 404,
                    "detail": "There is no such article.",
                    "request_id": "5f0c1d2e3f405162",
                }
            ]
        },
    )

    type: str
    title: str
    status: int
    detail: str
    request_id: str


def chat_json(reply: Reply) -> dict[str, Any]:
    """Return a reply as the wire has it."""
    return {
        "session": reply.session,
        "reply": reply.text,
        "route": reply.route.value,
        "intent": reply.intent,
        "citations": [answer_to_json(answer) for answer in reply.citations],
        "choices": list(reply.choices),
        "confidence": round(reply.confidence, 6),
        "decision_id": reply.decision_id,
        "handoff": None if reply.handover is None else packet_to_json(reply.handover),
        "parts": [_part_json(part) for part in reply.parts],
    }


def _part_json(part: Verdict) -> dict[str, Any]:
    nearest = [{"article_id": each.article_id, "title": each.title} for each in part.nearest]
    refusal = {"reason": part.reason, "nearest": nearest}
    return {
        "question": part.question,
        "status": part.status,
        "answers": [answer_to_json(answer) for answer in part.answers],
        "refusal": part.reason and refusal | {"message": part.reason.replace("_", " ")},
    }
