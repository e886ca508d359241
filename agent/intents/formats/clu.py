"""CLU JSON: a project exported from Azure's conversational language understanding.

`assets.utterances` carry a language and a dataset. Utterances set aside for testing
(`"dataset": "Test"`) and those in other languages are counted and left out. The intent
`None` is out of scope.
"""

from __future__ import annotations

from collections.abc import Iterator

from agent.intents.formats.json_nodes import JsonObject, parse, parse_or_none
from agent.intents.formats.languages import chosen_language, is_english
from agent.intents.formats.records import Record, Remark, Skipped, SourceFile, Unreadable
from agent.intents.formats.utterances import labelled

__all__ = ["load", "recognises"]


def recognises(file: SourceFile) -> bool:
    """Tell whether the file is an object with a project's assets."""
    root = parse_or_none(file)
    return isinstance(root, JsonObject) and isinstance(root.get("assets"), JsonObject)


def load(file: SourceFile) -> Iterator[Record]:
    """Yield every utterance that is meant for training, in the order of the file."""
    root = parse_or_none(file) or parse(file)
    assets = root["assets"]
    utterances = assets.get("utterances")
    if utterances is None:
        raise Unreadable(
            f"the project's assets hold {sorted(assets)!r:.120}; expected utterances, as a "
            "conversation project has",
            assets.line,
        )
    metadata = root.get("metadata")
    default = metadata.get("language") if isinstance(metadata, JsonObject) else None
    default = default if isinstance(default, str) else "en-us"
    rows = [row for row in utterances if isinstance(row, JsonObject)] if utterances else []
    chosen = chosen_language({_language(row, default) for row in rows}, default)
    if rows and not any(is_english(code) for code in chosen):
        yield Remark(f"no utterance is in English; read those in {', '.join(sorted(chosen))}")

    def left_out(row: JsonObject) -> Record | None:
        if str(row.get("dataset", "")).casefold() == "test":
            return Skipped("test utterance")
        if _language(row, default) not in chosen:
            return Skipped("other language")
        return None

    yield from labelled(utterances, left_out=left_out)


def _language(row: JsonObject, default: str) -> str:
    language = row.get("language")
    return language if isinstance(language, str) and language else default
