"""Reads test conversations as people write them: YAML in, frozen values out.

    today: 2026-03-02
    conversations:
      - name: orders a monitor
        steps:
          - say: I need a second screen
            route: HANDLE
            intent: order_equipment
            contains: By when

`say` is what the person writes; all other keys of a step say what must come back, and a key
that isn't there isn't checked (`KEYS` lists them). Unknown keys and words are refused, with
their line: a misspelt expectation that checks nothing is worse than none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from yaml.nodes import MappingNode, Node, ScalarNode

from agent.configuration.nodes import NodeReader, Problems, compose, meant
from agent.errors import ConfigurationError, ConversationError
from agent.types import HandoverReason, Route
from agent.workshop.conversations.types import (
    DEFAULT_TODAY,
    Check,
    Conversation,
    Endpoint,
    Step,
    Suite,
)
from qa.types import RefusalReason

__all__ = ["KEYS", "NONE", "load_suite"]

NONE = "none"
"""Written where nothing is expected: no intent, no citation, no choices, no form."""

_MAX_SAID_CHARS = 1_000_000
_SUFFIXES = (".yaml", ".yml")
_ROUTES = tuple(route.value for route in Route)
_HANDOVERS = (*(reason.value for reason in HandoverReason), NONE)
_REFUSALS = (*(reason.value for reason in RefusalReason), NONE)

KEYS: Mapping[str, str] = {
    "route": "ANSWER, HANDLE, CLARIFY or HANDOFF",
    "intent": "the intent acted on; of a list, any of them",
    "article": "the article quoted first; of a list, any of them",
    "contains": "what the reply's text holds, each of a list; case doesn't count",
    "lacks": "what the reply's text doesn't hold",
    "choices": "what is offered to choose from, each of a list",
    "form": "the form that is open afterwards",
    "slots": "slot: value, as far as gathered; personal ones as they are stored",
    "question": "what the searched question holds",
    "handover": "why a person takes over",
    "refusal": "why nothing is answered",
    "sent": "name: value in the JSON that the last call carried; `none`: nothing was called",
    "stored": "what the stored session holds",
    "not_stored": "what the stored session doesn't hold anywhere",
}
"""Every expectation, with what it means."""

_WORDS = {"route": _ROUTES, "handover": _HANDOVERS, "refusal": _REFUSALS}
_NAMED = ("slots", "sent")
_NEVER_NONE = ("route", "contains", "lacks", "question", "stored", "not_stored")
_SETTING_KEYS = ("today", "roles", "endpoints", "environment")
_ENDPOINT_KEYS = ("url", "method", "status", "json", "text", "delay_s", "closed")
_METHODS = ("GET", "HEAD", "PUT", "DELETE", "POST", "PATCH")


@dataclass(frozen=True)
class _Setting:
    """What a file says for all its conversations."""

    today: date = DEFAULT_TODAY
    roles: tuple[str, ...] = ()
    endpoints: tuple[Endpoint, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)


def load_suite(paths: Sequence[str | Path]) -> Suite:
    """Read test conversations.

    Args:
        paths: Files, or folders whose `.yaml` and `.yml` files are read, by name.

    Raises:
        ConversationError: A path isn't there or holds no conversation, or a file is wrong;
            every mistake of the file is listed with its line.
    """
    files = _files(paths)
    conversations: list[Conversation] = []
    seen: dict[str, Conversation] = {}
    for file in files:
        for conversation in _load(file):
            first = seen.setdefault(conversation.name, conversation)
            if first is not conversation:
                raise ConversationError(
                    f"{conversation.path}:{conversation.line}: a conversation is named "
                    f"{conversation.name!r} already ({first.path}:{first.line}); "
                    "give each a name of its own, or reports can't be told apart"
                )
            conversations.append(conversation)
    return Suite(tuple(conversations), files)


def _files(paths: Sequence[str | Path]) -> tuple[Path, ...]:
    files: dict[Path, None] = {}
    for path in map(Path, paths):
        if path.is_dir():
            found = sorted(p for p in path.rglob("*") if p.is_file() and p.suffix in _SUFFIXES)
            if not found:
                raise ConversationError(
                    f"the folder {str(path)!r} holds no test conversations: expected files "
                    "that end in .yaml; name the files or another folder"
                )
            files.update(dict.fromkeys(found))
        elif path.is_file():
            files[path] = None
        else:
            raise ConversationError(
                f"can't read test conversations from {str(path)!r}: there is no such file; "
                "name a YAML file or a folder of them"
            )
    if not files:
        raise ConversationError("no file of test conversations was named; name at least one")
    return tuple(files)


def _load(path: Path) -> tuple[Conversation, ...]:
    problems = Problems(str(path))
    try:
        root = compose(path, problems)
        conversations = _SuiteReader(problems).file(root, str(path))
        problems.raise_any()
    except ConfigurationError as error:
        raise ConversationError(str(error)) from error
    return conversations


class _SuiteReader(NodeReader):
    """Reads conversations off nodes."""

    def file(self, root: Node | None, path: str) -> tuple[Conversation, ...]:
        if root is None:
            self.wrong(None, "the file is empty; expected `conversations:` with a list")
            return ()
        fields = self.fields(
            root, "the file", (*_SETTING_KEYS, "conversations"), ("conversations",)
        )
        setting = self._setting(fields, "the file", _Setting())
        if "conversations" not in fields:
            return ()
        nodes = self.items(fields["conversations"].value, "conversations")
        if not nodes:
            self.wrong(fields["conversations"].key, "conversations: the list is empty")
        return tuple(self._conversation(node, setting, path) for node in nodes)

    def _conversation(self, node: Node, setting: _Setting, path: str) -> Conversation:
        fields = self.fields(
            node, "a conversation", ("name", *_SETTING_KEYS, "steps"), ("name", "steps")
        )
        name = self.text(fields["name"].value, "name") if "name" in fields else None
        where = f"conversation {name!r}"
        own = self._setting(fields, where, setting)
        steps: tuple[Step, ...] = ()
        if "steps" in fields:
            nodes = self.items(fields["steps"].value, f"{where}, steps")
            if not nodes:
                self.wrong(fields["steps"].key, f"{where}: it has no steps")
            steps = tuple(self._step(one, where) for one in nodes)
        return Conversation(
            name=name or "",
            steps=steps,
            path=path,
            line=_line(node),
            today=own.today,
            roles=own.roles,
            endpoints=own.endpoints,
            environment=own.environment,
        )

    def _setting(self, fields: Mapping[str, Any], where: str, above: _Setting) -> _Setting:
        return _Setting(
            today=self._day(fields["today"].value, where) if "today" in fields else above.today,
            roles=(
                self.texts(fields["roles"].value, f"{where}, roles")
                if "roles" in fields
                else above.roles
            ),
            endpoints=(
                self._endpoints(fields["endpoints"].value, where) + above.endpoints
                if "endpoints" in fields
                else above.endpoints
            ),
            environment=(
                {**above.environment, **self._environment(fields["environment"].value, where)}
                if "environment" in fields
                else above.environment
            ),
        )

    def _day(self, node: Node, where: str) -> date:
        value = self.text(node, f"{where}, today")
        try:
            return date.fromisoformat(value) if value else DEFAULT_TODAY
        except ValueError:
            self.wrong(node, f"{where}, today: {value!r} is no date; expected 2026-03-02")
            return DEFAULT_TODAY

    def _environment(self, node: Node, where: str) -> dict[str, str]:
        return {
            entry.name: self.text(entry.value, f"{where}, environment", empty=True) or ""
            for entry in self.entries(node, f"{where}, environment")
        }

    def _endpoints(self, node: Node, where: str) -> tuple[Endpoint, ...]:
        items = self.items(node, f"{where}, endpoints")
        return tuple(self._endpoint(one, f"{where}, endpoint") for one in items)

    def _endpoint(self, node: Node, where: str) -> Endpoint:
        fields = self.fields(node, where, _ENDPOINT_KEYS, ("url",))
        url = self.text(fields["url"].value, where) if "url" in fields else None
        if url is not None and not url.startswith(("http://", "https://")):
            self.wrong(fields["url"].value, f"{where}: {url!r} is no http or https address")
        if "json" in fields and "text" in fields:
            self.wrong(fields["text"].key, f"{where}: `json` and `text` both say what it sends")
        # Only what is there is passed on, so that defaults stand in one place: the class.
        made: dict[str, Any] = {}
        if "method" in fields:
            made["method"] = self.one_of(fields["method"].value, where, _METHODS, "GET")
        if "status" in fields:
            made["status"] = self.whole(fields["status"].value, where, 200, least=200, most=599)
        if "json" in fields:
            made["json"] = self._plain(fields["json"].value, where)
        if "text" in fields:
            made["text"] = self.text(fields["text"].value, where, empty=True)
        if "delay_s" in fields:
            made["delay_s"] = self.number(fields["delay_s"].value, where, 0.0, least=0, most=60)
        if "closed" in fields:
            made["closed"] = self.flag(fields["closed"].value, where, False)
        return Endpoint(url=url or "", **made)

    def _step(self, node: Node, where: str) -> Step:
        fields = self.fields(node, f"{where}, a step", ("say", *KEYS), ("say",))
        line = _line(node)
        checks = [
            self._check(entry.name, entry.value, f"{where}, {entry.name}", _line(entry.key))
            for entry in fields.values()
            if entry.name != "say"
        ]
        say = self._said(fields["say"].value, f"{where}, say") if "say" in fields else ""
        return Step(say, tuple(checks), line)

    def _said(self, node: Node, where: str) -> str:
        if not isinstance(node, MappingNode):
            return self.text(node, where, empty=True) or ""
        # `{repeat: "bla ", times: 25000}`: what nobody wants to read in a file.
        fields = self.fields(node, where, ("repeat", "times"), ("repeat", "times"))
        if "repeat" not in fields or "times" not in fields:
            return ""
        piece = self.text(fields["repeat"].value, where) or ""
        most = _MAX_SAID_CHARS // max(len(piece), 1)
        return piece * self.whole(fields["times"].value, where, 1, least=1, most=most)

    def _check(self, key: str, node: Node, where: str, line: int) -> Check:
        if key in _NAMED:
            return self._named(key, node, where, line)
        texts = self.texts(node, where)
        if not texts:
            self.wrong(node, f"{where}: nothing is expected here; write `none` for nothing")
        if key in _WORDS:
            for text in texts:
                if text not in _WORDS[key]:
                    self.wrong(node, f"{where}: unknown {text!r}{meant(text, _WORDS[key])}")
        if NONE in texts and key not in _NEVER_NONE:
            if len(texts) > 1:
                self.wrong(node, f"{where}: `none` stands alone")
            texts = ()
        return Check(key, texts, line=line)

    def _named(self, key: str, node: Node, where: str, line: int) -> Check:
        if isinstance(node, ScalarNode) and str(node.value) == NONE:
            return Check(key, line=line)
        if not isinstance(node, MappingNode):
            self.wrong(node, f"{where}: expected `name: value` lines or `none`")
            return Check(key, line=line)
        return Check(key, values=self._plain(node, where), line=line)

    def _plain(self, node: Node, where: str) -> Any:
        """Return nested values as JSON has them; unlike `json`, braces mean nothing."""
        if isinstance(node, MappingNode):
            return {
                entry.name: self._plain(entry.value, f"{where}.{entry.name}")
                for entry in self.entries(node, where)
            }
        if not isinstance(node, ScalarNode):
            return [self._plain(item, where) for item in self.items(node, where)]
        if node.tag.endswith((":int", ":float", ":bool", ":null")):
            return self.json(node, where)
        return str(node.value)


def _line(node: Node) -> int:
    return int(node.start_mark.line) + 1
