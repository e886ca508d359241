"""The whole file: its sections, and those that are only a few lines long."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from yaml.nodes import Node

from agent.configuration.checks import check
from agent.configuration.nodes import Problems, compose, meant
from agent.configuration.reading.actions import read_actions
from agent.configuration.reading.forms import read_forms
from agent.configuration.reading.handover import read_handover
from agent.configuration.reading.keys import KEYS
from agent.configuration.reading.section import SectionReader
from agent.configuration.reading.steps import read_handle
from agent.configuration.schema import AgentConfig, MaskPattern, Routing, Texts
from retrieval.system.yaml_nodes import is_null

__all__ = ["DEFAULT_SMALL_TALK", "default_agent", "load_agent"]

DEFAULT_SMALL_TALK = Path(__file__).parents[1] / "templates" / "smalltalk.qna"
"""The small talk of an agent that brings none of its own."""

_LANGUAGE = re.compile(r"[a-z]{2,3}")


def default_agent() -> AgentConfig:
    """Return the agent that runs without a file: small talk and the knowledge base."""
    return AgentConfig(small_talk=(DEFAULT_SMALL_TALK,))


def load_agent(path: str | Path, *, check_examples: bool = True) -> AgentConfig:
    """Read and check a configuration.

    Args:
        path: The YAML file; the files it names are relative to it.
        check_examples: Also read the intents' examples and the small talk, and hold the
            intents that the configuration names against them.

    Raises:
        ConfigurationError: Everything that is wrong, each with file and line.
    """
    path = Path(path)
    problems = Problems(str(path))
    root = compose(path, problems)
    reader = SectionReader(problems)
    config = dataclasses.replace(_agent(reader, root, path.parent), path=path)
    check(config, reader.mentions, problems, examples=check_examples)
    problems.raise_any()
    return dataclasses.replace(config, notes=tuple(reader.mentions.notes))


def _agent(reader: SectionReader, root: Node | None, folder: Path) -> AgentConfig:
    if root is None:
        reader.wrong(None, "the file is empty; `frontdesk init DIR` writes one to start from")
        return AgentConfig()
    found = reader.fields(root, "the agent", KEYS["agent"])
    read: dict[str, Any] = {"small_talk": (DEFAULT_SMALL_TALK,)}
    sections: Mapping[str, Callable[[SectionReader, Node], Any]] = {
        "name": lambda reader, node: reader.text(node, "name"),
        "intents": lambda reader, node: _files(reader, node, "intents", folder),
        "small_talk": lambda reader, node: _files(reader, node, "small_talk", folder),
        "say": _say,
        "handle": read_handle,
        "actions": read_actions,
        "handover": read_handover,
        "mask": _mask,
        "routing": _routing,
        "languages": _languages,
        "day_first": lambda reader, node: reader.flag(node, "day_first", True),
    }
    for name, section in sections.items():
        if name in found and not is_null(found[name].value):
            value = section(reader, found[name].value)
            if value is not None:
                read[name] = value
    if "forms" in found and not is_null(found["forms"].value):
        read["forms"] = read_forms(
            reader, found["forms"].value, day_first=read.get("day_first", True)
        )
    return AgentConfig(**read)


def _files(reader: SectionReader, node: Node, where: str, folder: Path) -> tuple[Path, ...]:
    paths: list[Path] = []
    for item in reader.one_or_more(node, where):
        name = reader.text(item, where)
        if name is None:
            continue
        path = folder / name
        if not path.exists():
            near = [entry.name for entry in _siblings(path)]
            hint = meant(path.name, near) if near else f"; {str(path.parent)!r} is no folder"
            reader.wrong(item, f"{where}: there is no {name!r}{hint}")
            continue
        paths.append(path)
        reader.mentions.files.append((where, path, item))
    return tuple(paths)


def _siblings(path: Path) -> list[Path]:
    try:
        return sorted(path.parent.iterdir())
    except OSError:
        return []


def _say(reader: SectionReader, node: Node) -> Texts:
    found = reader.fields(node, "say", KEYS["say"])
    texts: dict[str, str] = {}
    for name, entry in found.items():
        text = reader.template(entry.value, f"say.{name}")
        if text is not None:
            texts[name] = text
            allowed = frozenset({"form"}) if name in ("back_to_form", "also") else frozenset[str]()
            reader.mentions.template(entry.value, f"say.{name}", text, slots=allowed)
    return Texts(**texts)


def _mask(reader: SectionReader, node: Node) -> tuple[MaskPattern, ...]:
    patterns: list[MaskPattern] = []
    for item in reader.items(node, "mask"):
        found = reader.fields(item, "mask", KEYS["mask"], required=KEYS["mask"])
        if len(found) < len(KEYS["mask"]):
            continue
        name = reader.text(found["name"].value, "mask.name")
        pattern = reader.pattern(found["pattern"].value, "mask.pattern")
        if name is None or pattern is None:
            continue
        if re.search(pattern, "") is not None:
            reader.wrong(
                found["pattern"].value,
                f"mask.pattern: {pattern!r} matches nothing at all, so it would mask "
                "between all letters; let it need at least one character",
            )
            continue
        patterns.append(MaskPattern(name, pattern))
    return tuple(patterns)


def _routing(reader: SectionReader, node: Node) -> Routing:
    values: dict[str, Any] = {}
    for name, entry in reader.fields(node, "routing", KEYS["routing"]).items():
        default = getattr(Routing, name)
        if isinstance(default, int):
            values[name] = reader.whole(
                entry.value, f"routing.{name}", default, least=1, most=1_000_000
            )
        else:
            values[name] = reader.number(entry.value, f"routing.{name}", default, least=0, most=1)
    routing = Routing(**values)
    if routing.consider > routing.handle:
        reader.wrong(
            node,
            f"routing: 'consider' {routing.consider:g} is above 'handle' {routing.handle:g}",
        )
    return routing


def _languages(reader: SectionReader, node: Node) -> tuple[str, ...] | None:
    codes: list[str] = []
    for item in reader.one_or_more(node, "languages"):
        code = reader.text(item, "languages")
        if code is None:
            continue
        if not _LANGUAGE.fullmatch(code):
            reader.wrong(item, f"languages: expected a code like 'en', got {code!r}")
        codes.append(code)
    return tuple(codes) or None
