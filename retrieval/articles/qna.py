"""`.qna`: question-and-answer pairs as QnA Maker and the Bot Framework write them.

One pair is one article: the title is its question, the body its answer. The other ways to
put the question (`- ...` lines) are no article text, or a reader would quote them as answers;
`pairs()` gives them to whoever wants to learn from them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from retrieval.articles.audience import UNSTATED
from retrieval.articles.fields import shown
from retrieval.articles.loader import BadRow, Draft, LoaderOutput, SourceFile
from retrieval.articles.markdown import markdown_text
from retrieval.errors import ArticleError

__all__ = ["QnaPair", "load", "pairs"]

_QUESTION = re.compile(r"#{1,6}[ \t]*\?[ \t]*(.*)")
_ALTERNATIVE = re.compile(r"[-*][ \t]+(.+)")
_SECTION = re.compile(r"\*\*\s*(filters|prompts)\s*:?\s*\*\*:?\s*$", re.IGNORECASE)
_ANSWER = re.compile(r"[ \t]*(`{3,}|~{3,})[ \t]*(markdown|md)?[ \t]*$", re.IGNORECASE)
_ANCHOR = re.compile(r"<a\s+(?:id|name)\s*=\s*[\"']?([^\"'>]+?)[\"']?\s*>", re.IGNORECASE)


@dataclass(frozen=True)
class QnaPair:
    """A question with its answer.

    Attributes:
        question: The first way it is put.
        alternatives: Other ways, in order.
        answer: Markdown, as the file has it.
        line: Where the pair starts, counted from 1.
        anchor: The id in front of it (`<a id="7"></a>`), if there is one.
    """

    question: str
    alternatives: tuple[str, ...]
    answer: str
    line: int
    anchor: str | None = None


def load(file: SourceFile) -> Iterator[LoaderOutput]:
    """Yield one article a pair."""
    for number, found in enumerate(pairs(file.read_text()), 1):
        if isinstance(found, BadRow):
            yield found
            continue
        try:
            body = markdown_text(found.answer)
        except ArticleError as error:
            yield BadRow(error.reason, found.line)
            continue
        yield Draft(
            title=found.question,
            body=body,
            format="qna",
            part=f"#{found.anchor or number}",
            audience=UNSTATED,
            line=found.line,
        )


def pairs(text: str) -> Iterator[QnaPair | BadRow]:
    """Yield a file's pairs in order, and what is wrong with the broken ones."""
    pending: _Pending | None = None
    anchor: str | None = None
    for number, raw in enumerate(text.split("\n"), 1):
        line = raw.rstrip("\r")
        stripped = line.strip()
        if pending is not None and pending.fence:
            pending.answer_line(line)
        elif question := _QUESTION.fullmatch(stripped):
            if pending is not None:
                yield pending.done()
            pending = _Pending(question[1].strip(), number, anchor)
            anchor = None
        elif found := _ANCHOR.match(stripped):
            anchor = found[1].strip()
        elif pending is not None:
            pending.line_between(line)
    if pending is not None:
        yield pending.done()


@dataclass
class _Pending:
    """A pair while its lines are read."""

    question: str
    line: int
    anchor: str | None
    alternatives: list[str] = field(default_factory=list)
    answer: list[str] | None = None
    fence: str = ""
    in_section: bool = False

    def answer_line(self, line: str) -> None:
        """Take a line inside the answer's fence."""
        closing = line.strip()
        if closing.startswith(self.fence) and not closing.strip(self.fence[0]):
            self.fence = ""
        elif self.answer is not None:
            self.answer.append(line)

    def line_between(self, line: str) -> None:
        """Take a line outside of it: an alternative, a filter, or the fence itself."""
        stripped = line.strip()
        if self.answer is None and (opening := _ANSWER.match(line)):
            self.fence, self.answer = opening[1], []
        elif _SECTION.match(stripped):
            self.in_section = True
        elif self.in_section or self.answer is not None:
            return
        elif alternative := _ALTERNATIVE.fullmatch(stripped):
            self.alternatives.append(alternative[1].strip())

    def done(self) -> QnaPair | BadRow:
        """Return the pair, or what is wrong with it."""
        if not self.question:
            return BadRow("the question after '# ?' is empty: write it on that line", self.line)
        if self.answer is None or self.fence:
            problem = "is not closed" if self.answer is not None else "is missing"
            return BadRow(
                f"the answer to {shown(self.question)} {problem}; expected it between a line of "
                "```markdown and one of ```",
                self.line,
            )
        answer = "\n".join(self.answer).strip("\n")
        return QnaPair(self.question, tuple(self.alternatives), answer, self.line, self.anchor)
