"""Reading test conversations: what is meant, and every mistake with its line."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from agent.errors import ConversationError
from agent.workshop.conversations.suite import KEYS, load_suite
from agent.workshop.conversations.types import DEFAULT_TODAY, Check, Endpoint

WHOLE = """\
today: 2026-05-04
roles: [managers]
environment: {TOKEN: abc}
endpoints:
  - {url: "https://example.com/a", json: {n: 1, text: "{braces}"}}
conversations:
  - name: orders
    steps:
      - say: order
        route: HANDLE
        intent: [order, buy]
        slots: {days: 3, by: 2026-05-05}
        choices: none
      - say: "no"
  - name: another day
    today: 2026-12-24
    roles: []
    environment: {OTHER: x}
    endpoints:
      - {url: "https://example.com/b", method: POST, status: 503, text: oops, delay_s: 0.5}
    steps:
      - say: {repeat: ab, times: 3}
"""


def written(folder: Path, text: str, name: str = "suite.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_load_suite_reads_settings_steps_and_checks(tmp_path: Path) -> None:
    path = written(tmp_path, WHOLE)
    first, second = load_suite([path]).conversations
    assert (first.name, first.path, first.line) == ("orders", str(path), 7)
    assert (first.today, first.roles) == (date(2026, 5, 4), ("managers",))
    assert first.environment == {"TOKEN": "abc"}
    assert first.endpoints == (
        Endpoint("https://example.com/a", json={"n": 1, "text": "{braces}"}),
    )
    assert [step.say for step in first.steps] == ["order", "no"]
    assert first.steps[0].checks == (
        Check("route", ("HANDLE",), line=10),
        Check("intent", ("order", "buy"), line=11),
        Check("slots", values={"days": 3, "by": "2026-05-05"}, line=12),
        Check("choices", (), line=13),
    )
    assert second.today == date(2026, 12, 24)
    assert second.roles == ()
    assert second.environment == {"TOKEN": "abc", "OTHER": "x"}
    # A conversation's own endpoints come first, so that they take the call.
    assert second.endpoints[0] == Endpoint(
        "https://example.com/b", method="POST", status=503, text="oops", delay_s=0.5
    )
    assert second.endpoints[1:] == first.endpoints
    assert second.steps[0].say == "ababab"


def test_load_suite_has_a_day_of_its_own(tmp_path: Path) -> None:
    path = written(tmp_path, "conversations: [{name: a, steps: [{say: hi}]}]")
    assert load_suite([path]).conversations[0].today == DEFAULT_TODAY


def test_load_suite_reads_folders_by_name(tmp_path: Path) -> None:
    written(tmp_path, "conversations: [{name: b, steps: [{say: hi}]}]", "b.yaml")
    written(tmp_path, "conversations: [{name: a, steps: [{say: hi}]}]", "a.yml")
    written(tmp_path, "not a suite", "notes.txt")
    suite = load_suite([tmp_path, tmp_path / "b.yaml"])
    assert [one.name for one in suite.conversations] == ["a", "b"]
    assert [file.name for file in suite.files] == ["a.yml", "b.yaml"]


@pytest.mark.parametrize("key", KEYS)
def test_load_suite_takes_every_expectation(key: str, tmp_path: Path) -> None:
    value = {
        "route": "ANSWER",
        "handover": "asked",
        "refusal": "not_found",
        "slots": "{a: 1}",
        "sent": "{a: 1}",
    }.get(key, "x")
    text = f"conversations: [{{name: a, steps: [{{say: hi, {key}: {value}}}]}}]"
    check = load_suite([written(tmp_path, text)]).conversations[0].steps[0].checks[0]
    assert check.key == key
    assert check.texts or check.values


def wrong_step(line: str) -> str:
    return f"conversations:\n  - name: a\n    steps:\n      - say: hi\n        {line}\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (wrong_step("roote: ANSWER"), r":5: .*unknown key 'roote'; did you mean 'route'\?"),
        (wrong_step("route: ANSWERS"), r":5: .*unknown 'ANSWERS'; did you mean 'ANSWER'\?"),
        (wrong_step("handover: askd"), r":5: .*unknown 'askd'; did you mean 'asked'\?"),
        (wrong_step("refusal: notfound"), r":5: .*unknown 'notfound'; did you mean 'not_found'"),
        (wrong_step("contains: []"), r":5: .*nothing is expected here; write `none`"),
        (wrong_step("choices: [a, none]"), r":5: .*`none` stands alone"),
        (wrong_step("slots: [a]"), r":5: .*expected `name: value` lines or `none`"),
        (wrong_step("say: again"), r":5: .*'say' stands here again \(first on line 4\)"),
        ("", r"suite\.yaml: the file is empty"),
        ("conversations: []", r":1: conversations: the list is empty"),
        ("conversation: []", r":1: .*unknown key 'conversation'; did you mean 'conversations'"),
        ("conversations: [{steps: [{say: a}]}]", r":1: a conversation: 'name' is missing"),
        ("conversations: [{name: a, steps: []}]", r":1: conversation 'a': it has no steps"),
        ("conversations: [{name: a, steps: [{route: ANSWER}]}]", r"'say' is missing"),
        ("today: soon\nconversations: [{name: a, steps: [{say: a}]}]", r":1: .*'soon' is no date"),
        (
            "endpoints: [{url: 'ftp://x'}]\nconversations: [{name: a, steps: [{say: a}]}]",
            r":1: .*'ftp://x' is no http or https address",
        ),
        (
            (
                "endpoints: [{url: 'http://x', json: 1, text: a}]\n"
                "conversations: [{name: a, steps: [{say: a}]}]"
            ),
            r":1: .*`json` and `text` both say what it sends",
        ),
        ("conversations: [{name: a, steps: [{say: {repeat: b}}]}]", r"'times' is missing"),
        ("a: {", r":2: not YAML"),
    ],
)
def test_load_suite_names_the_mistake(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(ConversationError, match=message):
        load_suite([written(tmp_path, text)])


def test_load_suite_lists_every_mistake_of_a_file(tmp_path: Path) -> None:
    text = wrong_step("rout: x") + "  - name: b\n    steps:\n      - {say: a, itent: x}\n"
    with pytest.raises(ConversationError, match=r"(?s)2 mistakes.*:5: .*'rout'.*:8: .*'itent'"):
        load_suite([written(tmp_path, text)])


def test_load_suite_refuses_a_name_used_twice(tmp_path: Path) -> None:
    text = "conversations: [{name: a, steps: [{say: b}]}]"
    written(tmp_path, text, "one.yaml")
    written(tmp_path, text, "two.yaml")
    with pytest.raises(ConversationError, match=r"two\.yaml:1: .*named 'a' already.*one\.yaml:1"):
        load_suite([tmp_path])


def test_load_suite_refuses_a_path_without_conversations(tmp_path: Path) -> None:
    with pytest.raises(ConversationError, match="holds no test conversations"):
        load_suite([tmp_path])
    with pytest.raises(ConversationError, match="there is no such file"):
        load_suite([tmp_path / "missing.yaml"])
    with pytest.raises(ConversationError, match="name at least one"):
        load_suite([])
