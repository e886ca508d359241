"""From an agent's YAML file to an `AgentConfig`.

Every key is listed in `KEYS`, which `docs/agent.md` is checked against. A complaint names
file and line, and all complaints of a file come in one error.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from yaml.nodes import MappingNode, Node, ScalarNode

from agent.configuration.checks import Mentions, check
from agent.configuration.dates import boundary
from agent.configuration.nodes import Entry, NodeReader, Problems, compose, meant
from agent.configuration.schema import (
    Action,
    AgentConfig,
    Answer,
    Call,
    Choice,
    DateWindow,
    Form,
    Handling,
    HandOver,
    HandoverRule,
    HandoverSettings,
    MaskPattern,
    OpenForm,
    Routing,
    Say,
    Slot,
    SlotType,
    Step,
    Texts,
)
from agent.types import HandoverReason

__all__ = ["DEFAULT_SMALL_TALK", "KEYS", "default_agent", "load_agent"]

DEFAULT_SMALL_TALK = Path(__file__).parent.parent / "templates" / "smalltalk.qna"
"""The small talk of an agent that brings none of its own."""

_STEPS = ("reply", "answer", "form", "call", "handover")
_COMMON = ("name", "type", "ask", "label", "hint", "optional", "personal")

KEYS: Mapping[str, tuple[str, ...]] = {
    "agent": (
        "name",
        "intents",
        "small_talk",
        "say",
        "handle",
        "forms",
        "actions",
        "handover",
        "mask",
        "routing",
        "languages",
        "day_first",
    ),
    "say": tuple(field.name for field in dataclasses.fields(Texts)),
    "handle": (*_STEPS, "label"),
    "form": ("slots", "then", "label", "start", "confirm", "cancelled", "tries", "day_first"),
    "then": _STEPS,
    "slot": (
        *_COMMON,
        *("choices", "pattern", "min", "max", "whole", "unit", "earliest", "latest", "when"),
    ),
    "action": tuple(field.name for field in dataclasses.fields(Action) if field.name != "name"),
    "handover": ("unsure_turns", "personal", "rules"),
    "rule": ("name", "words", "intent"),
    "mask": ("name", "pattern"),
    "routing": tuple(field.name for field in dataclasses.fields(Routing)),
}
"""Section → its keys, in the order in which the reference describes them."""

_SLOT_KEYS: Mapping[SlotType, tuple[str, ...]] = {
    SlotType.TEXT: ("pattern", "min", "max"),
    SlotType.NUMBER: ("min", "max", "whole", "unit"),
    SlotType.DATE: ("earliest", "latest", "when"),
    SlotType.EMAIL: (),
    SlotType.CHOICE: ("choices",),
}
_METHODS = ("GET", "HEAD", "PUT", "DELETE", "POST", "PATCH")
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_RESERVED = frozenset({"response"})
_HEADER = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_ADDRESS = re.compile(
    r"(?:\$\{\w+\}|https?://(?:[^/?#{}\s\\$]|\$\{\w+\})+)(?:[/?#]|$)", re.IGNORECASE
)
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
    reader = _AgentReader(problems, path.parent)
    config = dataclasses.replace(reader.agent(root), path=path)
    check(config, reader.mentions, problems, examples=check_examples)
    problems.raise_any()
    return dataclasses.replace(config, notes=tuple(reader.mentions.notes))


def _label(name: str) -> str:
    return name.rsplit("/", 1)[-1].replace("_", " ").replace("-", " ").strip()


def _sentence_case(text: str) -> str:
    return text[:1].upper() + text[1:]


class _AgentReader(NodeReader):
    """Reads the sections; what refers to something else is remembered for the checks."""

    def __init__(self, problems: Problems, folder: Path) -> None:
        super().__init__(problems)
        self._folder = folder
        self.mentions = Mentions()

    def agent(self, root: Node | None) -> AgentConfig:
        """Read the whole file."""
        if root is None:
            self.wrong(None, "the file is empty; `frontdesk init DIR` writes one to start from")
            return AgentConfig()
        found = self.fields(root, "the agent", KEYS["agent"])
        read: dict[str, Any] = {"small_talk": (DEFAULT_SMALL_TALK,)}
        sections: Mapping[str, Callable[[Node], Any]] = {
            "name": lambda node: self.text(node, "name"),
            "intents": lambda node: self._files(node, "intents"),
            "small_talk": lambda node: self._files(node, "small_talk"),
            "say": self._say,
            "handle": self._handle,
            "actions": self._actions,
            "handover": self._handover,
            "mask": self._mask,
            "routing": self._routing,
            "languages": self._languages,
            "day_first": lambda node: self.flag(node, "day_first", True),
        }
        for name, section in sections.items():
            if name in found and not _empty(found[name].value):
                value = section(found[name].value)
                if value is not None:
                    read[name] = value
        if "forms" in found and not _empty(found["forms"].value):
            read["forms"] = self._forms(found["forms"].value, read.get("day_first", True))
        return AgentConfig(**read)

    def _files(self, node: Node, where: str) -> tuple[Path, ...]:
        paths: list[Path] = []
        for item in self.one_or_more(node, where):
            name = self.text(item, where)
            if name is None:
                continue
            path = self._folder / name
            if not path.exists():
                near = [entry.name for entry in _siblings(path)]
                hint = meant(path.name, near) if near else f"; {str(path.parent)!r} is no folder"
                self.wrong(item, f"{where}: there is no {name!r}{hint}")
                continue
            paths.append(path)
            self.mentions.files.append((where, path, item))
        return tuple(paths)

    def _say(self, node: Node) -> Texts:
        found = self.fields(node, "say", KEYS["say"])
        texts: dict[str, str] = {}
        for name, entry in found.items():
            text = self.template(entry.value, f"say.{name}")
            if text is not None:
                texts[name] = text
                allowed = frozenset({"form"}) if name == "back_to_form" else frozenset[str]()
                self.mentions.template(entry.value, f"say.{name}", text, slots=allowed)
        return Texts(**texts)

    def _handle(self, node: Node) -> Mapping[str, Handling]:
        handled: dict[str, Handling] = {}
        for entry in self.entries(node, "handle"):
            where = f"handle.{entry.name}"
            self.mentions.intents.append((entry.name, entry.key, where))
            found = self.fields(entry.value, where, KEYS["handle"])
            step = self._step(entry.value, found, where)
            label = self._optional_text(found, "label", where) or _sentence_case(_label(entry.name))
            if step is not None:
                handled[entry.name] = Handling(entry.name, step, label)
                self.mentions.step(step, found, where, form=None)
        return handled

    def _step(self, node: Node, found: Mapping[str, Entry], where: str) -> Step | None:
        given = [name for name in _STEPS if name in found]
        if len(given) != 1:
            if isinstance(node, MappingNode):
                got = " and ".join(repr(name) for name in given) if given else "none"
                self.wrong(node, f"{where}: expected exactly one of {', '.join(_STEPS)}; got {got}")
            return None
        kind, value, at = given[0], found[given[0]].value, f"{where}.{given[0]}"
        if kind == "reply":
            text = self.template(value, at)
            return None if text is None else Say(text)
        if kind == "answer":
            if isinstance(value, ScalarNode) and value.tag.endswith(":bool"):
                if not self.flag(value, at, True):
                    self.wrong(value, f"{at}: `answer: false` does nothing; leave the intent out")
                return Answer()
            question = self.text(value, at)
            return None if question is None else Answer(question)
        if kind == "handover":
            return self._hand_over(value, at)
        name = self.text(value, at)
        if name is None:
            return None
        return OpenForm(name) if kind == "form" else Call(name)

    def _hand_over(self, value: Node, at: str) -> HandOver | None:
        detail = self.text(value, at)
        if detail is None:
            return None
        asked = HandoverReason.ASKED.value
        if detail == asked:
            return HandOver(HandoverReason.ASKED)
        if "did you mean" in meant(detail, [asked]):
            self.wrong(value, f"{at}: unknown value {detail!r}{meant(detail, [asked])}")
        return HandOver(HandoverReason.RULE, detail)

    def _forms(self, node: Node, day_first: bool) -> Mapping[str, Form]:
        forms: dict[str, Form] = {}
        for entry in self.entries(node, "forms"):
            self._check_name(entry, f"forms.{entry.name}")
            self.mentions.forms[entry.name] = entry.key
            form = self._form(entry, day_first)
            if form is not None:
                forms[entry.name] = form
        return forms

    def _form(self, entry: Entry, day_first: bool) -> Form | None:
        where = f"forms.{entry.name}"
        found = self.fields(entry.value, where, KEYS["form"], required=("slots", "then"))
        if "slots" not in found or "then" not in found:
            return None
        slots = self._slots(found["slots"].value, f"{where}.slots")
        then_node = found["then"].value
        then_found = self.fields(then_node, f"{where}.then", KEYS["then"])
        then = self._step(then_node, then_found, f"{where}.then")
        options: dict[str, Any] = {}
        names = frozenset(slot.name for slot in slots)
        for key in ("start", "confirm", "cancelled"):
            if key in found and (text := self.template(found[key].value, f"{where}.{key}")):
                options[key] = text
                allowed = names if key == "confirm" else frozenset[str]()
                self.mentions.template(found[key].value, f"{where}.{key}", text, slots=allowed)
        if "tries" in found:
            options["tries"] = self.whole(
                found["tries"].value, f"{where}.tries", 3, least=1, most=10
            )
        if "day_first" in found:
            day_first = self.flag(found["day_first"].value, f"{where}.day_first", day_first)
        label = self._optional_text(found, "label", where) or _label(entry.name)
        if then is None or not slots:
            return None
        form = Form(entry.name, slots, then, label, day_first=day_first, **options)
        self.mentions.step(then, then_found, f"{where}.then", form=form)
        return form

    def _slots(self, node: Node, where: str) -> tuple[Slot, ...]:
        slots: dict[str, Slot] = {}
        items = self.items(node, where)
        if not items:
            self.wrong(node, f"{where}: a form asks for at least one slot")
        for item in items:
            slot = self._slot(item, where)
            if slot is None:
                continue
            if slot.name in slots:
                self.wrong(item, f"{where}: two slots are called {slot.name!r}")
            slots[slot.name] = slot
        return tuple(slots.values())

    def _slot(self, node: Node, where: str) -> Slot | None:
        found = self.fields(node, where, KEYS["slot"], required=("name", "ask"))
        name = self.text(found["name"].value, f"{where}.name") if "name" in found else None
        ask = self.text(found["ask"].value, f"{where}.ask") if "ask" in found else None
        at = f"{where}.{name}" if name else where
        kind = SlotType.TEXT
        if "type" in found:
            kinds = [str(option.value) for option in SlotType]
            kind = SlotType(self.one_of(found["type"].value, f"{at}.type", kinds, "text"))
        options = self._slot_options(found, kind, at)
        if kind is SlotType.CHOICE and not options.get("choices"):
            self.wrong(node, f"{at}: a choice needs 'choices', at least one")
        self._check_range(node, options, at)
        if name is None or ask is None:
            return None
        if not _NAME.fullmatch(name) or name in _RESERVED:
            self.wrong(
                found["name"].value,
                f"{at}: a slot's name is a lower-case word like 'needed_by' "
                f"(and not 'response'), got {name!r}",
            )
        label = self._optional_text(found, "label", at) or _label(name)
        return Slot(name, kind, ask, label, **options)

    def _slot_options(self, found: Mapping[str, Entry], kind: SlotType, at: str) -> dict[str, Any]:
        options: dict[str, Any] = {}
        for key, entry in found.items():
            node, here = entry.value, f"{at}.{key}"
            if key not in _COMMON and key not in _SLOT_KEYS[kind]:
                fits = [str(other) for other, keys in _SLOT_KEYS.items() if key in keys]
                self.wrong(
                    entry.key, f"{here}: belongs to {' or '.join(fits)} slots; this is a {kind}"
                )
            elif key in ("optional", "personal", "whole"):
                options[key] = self.flag(node, here, False)
            elif key in ("min", "max"):
                options[key] = self.number(node, here, 0.0)
            elif key in ("hint", "unit"):
                options[key] = self.text(node, here) or ""
            elif key == "pattern":
                options[key] = self.pattern(node, here)
            elif key == "choices":
                options[key] = self._choices(node, here)
            elif key == "when":
                allowed = [str(window.value) for window in DateWindow]
                options[key] = DateWindow(self.one_of(node, here, allowed, "any"))
            elif key in ("earliest", "latest"):
                text = self.text(node, here)
                try:
                    boundary(text or "today")
                except ValueError as error:
                    self.wrong(node, f"{here}: {error}")
                    continue
                options[key] = text
        return options

    def _check_range(self, node: Node, options: Mapping[str, Any], at: str) -> None:
        least, most = options.get("min"), options.get("max")
        if least is not None and most is not None and least > most:
            self.wrong(node, f"{at}: 'min' {least:g} is above 'max' {most:g}")
        if options.get("earliest") and options.get("latest"):
            first, last = boundary(options["earliest"]), boundary(options["latest"])
            if first.relative == last.relative and first.order > last.order:
                self.wrong(
                    node,
                    f"{at}: 'earliest' {options['earliest']!r} is after "
                    f"'latest' {options['latest']!r}",
                )

    def _choices(self, node: Node, where: str) -> tuple[Choice, ...]:
        choices: list[Choice] = []
        taken: dict[str, str] = {}
        for item in self.items(node, where):
            words: tuple[str, ...]
            if isinstance(item, MappingNode):
                entries = self.entries(item, where)
                if len(entries) != 1:
                    self.wrong(item, f"{where}: expected `value: [synonyms]`")
                    continue
                value: str | None = entries[0].name
                words = self.texts(entries[0].value, where)
            else:
                value, words = self.text(item, where), ()
            if value is None:
                continue
            for word in (value, *words):
                owner = taken.setdefault(word.casefold().strip(), value)
                if owner != value or (word is value and value in [c.value for c in choices]):
                    self.wrong(item, f"{where}: {word!r} already means {owner!r}")
            choices.append(Choice(value, words))
        return tuple(choices)

    def _actions(self, node: Node) -> Mapping[str, Action]:
        actions: dict[str, Action] = {}
        for entry in self.entries(node, "actions"):
            self._check_name(entry, f"actions.{entry.name}")
            self.mentions.actions[entry.name] = entry.key
            action = self._action(entry)
            if action is not None:
                actions[entry.name] = action
        return actions

    def _action(self, entry: Entry) -> Action | None:
        where = f"actions.{entry.name}"
        found = self.fields(entry.value, where, KEYS["action"], required=("url",))
        options: dict[str, Any] = {}
        for key, field_entry in found.items():
            node, here = field_entry.value, f"{where}.{key}"
            value: Any
            if key in ("url", "failed", "reply"):
                value = self.template(node, here)
            elif key == "method":
                value = self.one_of(node, here, _METHODS, "GET")
            elif key in ("headers", "query"):
                value = self._pairs(node, here)
            elif key == "json":
                value = self.json(node, here)
            elif key == "timeout_s":
                value = self.number(node, here, 5.0, least=0.1, most=60)
            elif key == "backoff_s":
                value = self.number(node, here, 0.2, least=0, most=10)
            elif key == "retries":
                value = self.whole(node, here, 2, least=0, most=5)
            elif key == "max_bytes":
                value = self.whole(node, here, 1_000_000, least=1, most=100_000_000)
            else:
                value = self.flag(node, here, False)
            if value is not None:
                options[key] = value
        if "url" in options and not _ADDRESS.match(options["url"]):
            self.wrong(
                found["url"].value,
                f"{where}.url: expected http:// or https:// and a host that no slot changes "
                f"(an environment variable may), got {options['url']!r}",
            )
        if "json" in options and options.get("method", "GET") in ("GET", "HEAD"):
            self.wrong(
                found["json"].key,
                f"{where}.json: a {options.get('method', 'GET')} sends no body; use method: POST",
            )
        if "url" not in options:
            return None
        action = Action(entry.name, **options)
        self.mentions.action(action, found)
        return action

    def _pairs(self, node: Node, where: str) -> Mapping[str, str]:
        pairs: dict[str, str] = {}
        for entry in self.entries(node, where):
            value = self.template(entry.value, f"{where}.{entry.name}", empty=True)
            if where.endswith(".headers"):
                if not _HEADER.fullmatch(entry.name):
                    self.wrong(entry.key, f"{where}: {entry.name!r} is no header's name")
                if value is not None and re.search(r"[\r\n\0]", value):
                    self.wrong(entry.value, f"{where}.{entry.name}: a header is one line")
            if value is not None:
                pairs[entry.name] = value
        return pairs

    def _handover(self, node: Node) -> HandoverSettings:
        found = self.fields(node, "handover", KEYS["handover"])
        options: dict[str, Any] = {}
        if "unsure_turns" in found:
            options["unsure_turns"] = self.whole(
                found["unsure_turns"].value, "handover.unsure_turns", 2, least=1, most=20
            )
        if "personal" in found:
            options["personal"] = self.flag(found["personal"].value, "handover.personal", False)
        if "rules" in found and not _empty(found["rules"].value):
            rules = [
                self._rule(item, "handover.rules")
                for item in self.items(found["rules"].value, "handover.rules")
            ]
            options["rules"] = tuple(rule for rule in rules if rule is not None)
        return HandoverSettings(**options)

    def _rule(self, node: Node, where: str) -> HandoverRule | None:
        found = self.fields(node, where, KEYS["rule"], required=("name",))
        name = self.text(found["name"].value, f"{where}.name") if "name" in found else None
        words = self.texts(found["words"].value, f"{where}.words") if "words" in found else ()
        intents: list[str] = []
        if "intent" in found:
            for item in self.one_or_more(found["intent"].value, f"{where}.intent"):
                intent = self.text(item, f"{where}.intent")
                if intent is not None:
                    intents.append(intent)
                    self.mentions.intents.append((intent, item, f"{where}.intent"))
        if isinstance(node, MappingNode) and not words and not intents:
            self.wrong(node, f"{where}: a rule needs 'words' or 'intent'")
        return None if name is None else HandoverRule(name, words, tuple(intents))

    def _mask(self, node: Node) -> tuple[MaskPattern, ...]:
        patterns: list[MaskPattern] = []
        for item in self.items(node, "mask"):
            found = self.fields(item, "mask", KEYS["mask"], required=KEYS["mask"])
            if len(found) < len(KEYS["mask"]):
                continue
            name = self.text(found["name"].value, "mask.name")
            pattern = self.pattern(found["pattern"].value, "mask.pattern")
            if name is None or pattern is None:
                continue
            if re.search(pattern, "") is not None:
                self.wrong(
                    found["pattern"].value,
                    f"mask.pattern: {pattern!r} matches nothing at all, so it would mask "
                    "between all letters; let it need at least one character",
                )
                continue
            patterns.append(MaskPattern(name, pattern))
        return tuple(patterns)

    def _routing(self, node: Node) -> Routing:
        values: dict[str, Any] = {}
        for name, entry in self.fields(node, "routing", KEYS["routing"]).items():
            default = getattr(Routing, name)
            if isinstance(default, int):
                values[name] = self.whole(
                    entry.value, f"routing.{name}", default, least=1, most=1_000_000
                )
            else:
                values[name] = self.number(entry.value, f"routing.{name}", default, least=0, most=1)
        routing = Routing(**values)
        if routing.consider > routing.handle:
            self.wrong(
                node,
                f"routing: 'consider' {routing.consider:g} is above 'handle' {routing.handle:g}",
            )
        return routing

    def _languages(self, node: Node) -> tuple[str, ...] | None:
        codes: list[str] = []
        for item in self.one_or_more(node, "languages"):
            code = self.text(item, "languages")
            if code is None:
                continue
            if not _LANGUAGE.fullmatch(code):
                self.wrong(item, f"languages: expected a code like 'en', got {code!r}")
            codes.append(code)
        return tuple(codes) or None

    def _optional_text(self, found: Mapping[str, Entry], key: str, where: str) -> str:
        return (self.text(found[key].value, f"{where}.{key}") or "") if key in found else ""

    def _check_name(self, entry: Entry, where: str) -> None:
        if not _NAME.fullmatch(entry.name):
            self.wrong(
                entry.key,
                f"{where}: expected a lower-case name like 'order_equipment', got {entry.name!r}",
            )


def _empty(node: Node) -> bool:
    """Whether a key stands there without a value: the same as leaving it out."""
    return isinstance(node, ScalarNode) and node.tag.endswith(":null")


def _siblings(path: Path) -> list[Path]:
    try:
        return sorted(path.parent.iterdir())
    except OSError:
        return []
