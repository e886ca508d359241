from __future__ import annotations

from pathlib import Path

import pytest
from written_agent import mistakes, written

from agent.configuration import Say, load_agent
from agent.errors import ConfigurationError


def test_load_agent_notes_intents_that_nothing_handles(tmp_path: Path) -> None:
    config = load_agent(written(tmp_path, "intents: intents.yaml\nhandle: {hours: {reply: x}}"))
    assert config.handle["hours"].step == Say("x")
    assert any("'order' has examples but isn't handled" in note for note in config.notes)


@pytest.mark.parametrize(
    ("thens", "circle"),
    [({"a": "a"}, "a → a"), ({"a": "b", "b": "a"}, "a → b → a"),
     ({"x": "a", "a": "b", "b": "c", "c": "a"}, "a → b → c → a")],
)  # fmt: skip
def test_load_agent_refuses_forms_that_open_each_other(
    tmp_path: Path, thens: dict[str, str], circle: str
) -> None:
    forms = "\n".join(
        f"  {name}: {{slots: [{{name: s, ask: x}}], then: {{form: {then}}}}}"
        for name, then in thens.items()
    )
    text = mistakes(tmp_path, f"forms:\n{forms}")
    assert circle in text
    assert text.count("without end") == 1


def test_load_agent_refuses_slots_that_no_form_of_an_action_asks_for(tmp_path: Path) -> None:
    text = mistakes(
        tmp_path,
        "intents: intents.yaml\n"
        "handle: {status: {call: look}}\n"
        "forms: {a: {slots: [{name: tickt, ask: x}], then: {call: look}}}\n"
        "actions: {look: {url: 'https://x.org/{ticket}'}}\n",
    )
    assert ":2: handle.status.call: the action 'look' needs '{ticket}', which no form" in text
    assert ":3: forms.a.then.call: the action 'look' needs '{ticket}', which the form 'a'" in text
    assert "did you mean 'tickt'?" in text


def test_load_agent_notes_an_action_that_nothing_calls(tmp_path: Path) -> None:
    config = load_agent(written(tmp_path, "actions: {look: {url: 'https://x.org'}}"))
    assert config.notes[0] == "actions.look: nothing calls it"


def test_load_agent_reports_examples_that_cannot_be_read(tmp_path: Path) -> None:
    path = written(tmp_path, "intents: intents.yaml", intents="nonsense: 3\n")
    with pytest.raises(ConfigurationError, match=r"agent.yaml:1: intents: .*intents.yaml"):
        load_agent(path)
    assert load_agent(path, check_examples=False).intents
