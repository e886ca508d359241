"""LUIS's `.lu` files: `# Intent` heads a list of utterances.

Entities marked in an utterance (`{city=Oslo}`, `{@city=Oslo}`) become the text they annotate; a
pattern with holes (`{city}`) is nobody's message and left out, and so are definitions of
entities and lists. `# None` is out of scope. Questions and answers (`# ? ...`) belong into a
`.qna` file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from agent.intents.formats.records import BadLine, Labelled, Record, Skipped, SourceFile, label_of

__all__ = ["load", "recognises"]

_MARKED = re.compile(r"\{@?[\w .:-]+?=([^{}]*)\}")
_HOLE = re.compile(r"\{@?[\w .:-]+\}")


def recognises(file: SourceFile) -> bool:
    """Tell by the suffix: the content looks like any Markdown."""
    return file.suffix == ".lu"


def load(file: SourceFile) -> Iterator[Record]:
    """Yield every utterance in the order of the file."""
    intent: str | None = None
    under = ""
    for line, text in enumerate(file.text.splitlines(), 1):
        written = text.strip()
        if not written or written.startswith((">", "!#")):
            continue
        if written.startswith("#"):
            name = written.lstrip("#").strip()
            under = "answer" if name.startswith("?") else "intent"
            intent = None if name == "None" else label_of(name)
        elif written.startswith(("@", "$")):
            under = "entity"
            yield Skipped("entity")
        elif under == "intent" and written[0] in "-*+":
            yield _utterance(written[1:].strip(), intent, line)
        elif not under:
            yield BadLine(line, f"{written!r:.80} stands under no intent; expected `# name` before")


def _utterance(text: str, intent: str | None, line: int) -> Record:
    said = text
    while _MARKED.search(said):
        said = _MARKED.sub(r"\1", said)
    return Skipped("pattern") if _HOLE.search(said) else Labelled(said, intent, line)
