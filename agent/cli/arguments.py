"""The options that several commands share: one name, one meaning, one help text each."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from qa.reading.defaults import DEFAULT_READER, DEFAULT_TOP_K, SMALL_READER

__all__ = [
    "DEFAULT_READER",
    "DEFAULT_TOP_K",
    "SMALL_READER",
    "AgentFile",
    "AsJson",
    "Encoder",
    "Kb",
    "Keys",
    "Predictions",
    "Question",
    "Questions",
    "ReaderName",
    "Roles",
    "Seed",
    "Sessions",
    "TopK",
]

Kb = Annotated[
    Path, typer.Option("--kb", help="The knowledge base: the directory that index writes.")
]
AgentFile = Annotated[
    Path | None,
    typer.Option(
        "--agent", help="The agent's configuration. None: small talk and the knowledge base."
    ),
]
Question = Annotated[str, typer.Argument(help="What you want to know, in plain words.")]
Questions = Annotated[
    Path, typer.Option("--questions", help="Labelled questions, one JSON object a line.")
]
Roles = Annotated[
    list[str] | None,
    typer.Option("--role", help="A role of the asker; repeat for more. None: public only."),
]
ReaderName = Annotated[
    str,
    typer.Option(
        "--reader", help="A reader's name, a model's folder, or an owner/name on Hugging Face."
    ),
]
TopK = Annotated[int, typer.Option("--top-k", min=1, help="How many passages to read.")]
Encoder = Annotated[
    str | None, typer.Option("--encoder", help="Sentence encoder: a name or a folder.")
]
Seed = Annotated[int, typer.Option("--seed", help="Of what is drawn at random.")]
Sessions = Annotated[
    Path | None, typer.Option("--sessions", help="Keep conversations in this file.")
]
Keys = Annotated[
    Path,
    typer.Option("--keys", envvar="FRONTDESK_KEYS", help="The file of keys; the server's --keys."),
]
Predictions = Annotated[
    Path | None,
    typer.Option(
        "--predictions", help="Score this file's predictions; if it isn't there, write them to it."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
