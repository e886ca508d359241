from __future__ import annotations

import contextlib
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from written_agent import mistakes, written

from agent.configuration import (
    DEFAULT_SMALL_TALK,
    AgentConfig,
    Answer,
    Call,
    DateWindow,
    HandOver,
    OpenForm,
    Say,
    SlotType,
    default_agent,
    load_agent,
)
from agent.configuration.reading import KEYS
from agent.errors import ConfigurationError
from agent.types import HandoverReason

WHOLE = """\
name: Varrowby help desk
intents: [intents.yaml]
say: {greeting: "Hi!", back_to_form: "Back to your {form}:"}
day_first: false
languages: [en]
handle:
  hours: {answer: "When is the help desk open?"}
  order: {form: order, label: "Order something"}
  status: {form: ticket}
  smalltalk/hello: {reply: "Welcome!"}
  talk_to_person: {handover: asked}
forms:
  order:
    start: "Let's see."
    slots:
      - {name: item, type: choice, ask: "What?", choices: [monitor: [screen, display], no]}
      - {name: needed_by, type: date, ask: "When?", when: future, latest: today+90}
      - {name: count, type: number, ask: "How many?", min: 1, max: 5, whole: true, unit: pieces}
      - {name: contact, type: email, ask: "Who?", personal: true, optional: true}
      - {name: code, ask: "Cost centre?", pattern: '\\d{4}', hint: "Four figures."}
    confirm: "Order {item} for {needed_by}?"
    then: {call: place_order}
    tries: 2
    day_first: true
  ticket:
    slots: [{name: ticket, ask: "Which number?"}]
    then: {handover: "a lost ticket"}
actions:
  place_order:
    method: POST
    url: https://desk.example/orders/{item}
    headers: {Authorization: "Bearer ${ORDER_TOKEN}"}
    query: {dry: "1"}
    json: {item: "{item}", n: 3, deep: [true, null, "{count}"]}
    timeout_s: 2.5
    retries: 1
    idempotency_key: true
    reply: "Order {response.number}."
    failed: "No luck."
handover:
  unsure_turns: 3
  personal: true
  rules: [{name: legal, words: [lawyer]}, {name: upset, intent: hours}]
mask: [{name: employee number, pattern: 'E\\d{5}'}]
routing: {handle: 0.6, max_chars: 500}
"""


def test_load_agent_reads_every_section(tmp_path: Path) -> None:
    config = load_agent(written(tmp_path, WHOLE))
    assert config.name == "Varrowby help desk"
    assert config.path == tmp_path / "agent.yaml"
    assert config.intents == (tmp_path / "intents.yaml",)
    assert config.small_talk == (DEFAULT_SMALL_TALK,)
    assert config.say.greeting == "Hi!"
    assert config.say.empty
    assert config.handle["hours"].step == Answer("When is the help desk open?")
    assert config.handle["order"].step == OpenForm("order")
    assert config.handle["order"].label == "Order something"
    assert config.handle["smalltalk/hello"].step == Say("Welcome!")
    assert config.handle["talk_to_person"].step == HandOver(HandoverReason.ASKED)
    order = config.forms["order"]
    assert [slot.type for slot in order.slots] == [
        SlotType.CHOICE,
        SlotType.DATE,
        SlotType.NUMBER,
        SlotType.EMAIL,
        SlotType.TEXT,
    ]
    assert [choice.value for choice in order.slots[0].choices] == ["monitor", "no"]
    assert order.slots[0].choices[0].synonyms == ("screen", "display")
    assert order.slots[1].when is DateWindow.FUTURE
    assert (order.slots[2].min, order.slots[2].max, order.slots[2].whole) == (1, 5, True)
    assert order.slots[3].personal
    assert order.slots[3].optional
    assert (order.then, order.tries, order.day_first) == (Call("place_order"), 2, True)
    assert not config.day_first
    assert not config.forms["ticket"].day_first
    assert config.forms["ticket"].then == HandOver(HandoverReason.RULE, "a lost ticket")
    action = config.actions["place_order"]
    assert action.json == {"item": "{item}", "n": 3, "deep": [True, None, "{count}"]}
    assert (action.timeout_s, action.retries, action.idempotency_key) == (2.5, 1, True)
    assert config.handover.rules[1].intents == ("hours",)
    assert config.mask[0].pattern == r"E\d{5}"
    assert (config.routing.handle, config.routing.max_chars) == (0.6, 500)


def test_default_agent_has_small_talk_and_nothing_else() -> None:
    assert default_agent() == AgentConfig(small_talk=(DEFAULT_SMALL_TALK,))


def test_load_agent_takes_empty_sections_for_absent_ones(tmp_path: Path) -> None:
    config = load_agent(written(tmp_path, "name: X\nhandle:\nforms:\nactions:\nmask:\n"))
    assert (config.forms, config.actions, config.mask) == ({}, {}, ())


def test_load_agent_leaves_small_talk_out_when_told(tmp_path: Path) -> None:
    assert load_agent(written(tmp_path, "small_talk: []")).small_talk == ()


def test_load_agent_does_not_look_up_the_environment(tmp_path: Path) -> None:
    config = load_agent(written(tmp_path, WHOLE))
    assert "${ORDER_TOKEN}" in config.actions["place_order"].headers["Authorization"]


def test_load_agent_reports_all_mistakes_with_their_lines(tmp_path: Path) -> None:
    text = mistakes(
        tmp_path,
        "nam: X\nintents: intents.yaml\nhandle:\n  hours: {repl: hi}\n  ordr: {form: a}\n",
    )
    path = re.escape(str(tmp_path / "agent.yaml"))
    assert re.match(rf"{path} has 5 mistakes:", text)
    assert re.search(rf"{path}:1: the agent: unknown key 'nam'; did you mean 'name'\?", text)
    assert re.search(rf"{path}:4: handle.hours: unknown key 'repl'; did you mean 'reply'\?", text)
    assert re.search(rf"{path}:4: handle.hours: expected exactly one of reply, answer", text)
    assert re.search(rf"{path}:5: handle.ordr: intent 'ordr' has no examples; did you mean", text)
    assert re.search(rf"{path}:5: handle.ordr.form: unknown form 'a'; there is none", text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "the file is empty"),
        ("- a\n- b", "the agent: expected `key: value` lines with name"),
        ("name: [", "not YAML"),
        ("name: X\nname: Y", ":2: the agent: 'name' stands here again .first on line 1"),
        ("? [a]\n: b", "a key must be a plain word"),
        ("name: [X]", "name: expected a text, got a list"),
        ("name: ''", "name: the text is empty"),
        ("intents: intens.yaml", "no 'intens.yaml'; did you mean 'intents.yaml'"),
        ("intents: no/where.yaml", "is no folder"),
        ("say: {greetin: hi}", "say: unknown key 'greetin'; did you mean 'greeting'"),
        ("say: {greeting: 'hi {name}'}", "say.greeting: unknown slot '{name}'"),
        ("say: {greeting: 'hi {'}", "say.greeting: a single '{' at character 4"),
        ("say: {greeting: 'hi ${HOME}'}", "would show an environment variable"),
        ("say: {greeting: '{response.x}'}", "only known in an action's reply"),
        ("routing: {handle: 1.4}", "routing.handle: '1.4' is out of range; expected from 0 to 1"),
        ("routing: {handle: high}", "expected a number from 0 to 1, got 'high'"),
        ("routing: {handle: .nan}", "expected a number"),
        ("routing: {consider: 0.9}", "'consider' 0.9 is above 'handle' 0.5"),
        ("routing: {max_chars: 2.5}", "expected a whole number, got '2.5'"),
        ("day_first: maybe", "expected true or false, got 'maybe'"),
        ("languages: [English]", "expected a code like 'en', got 'English'"),
        ("mask: [{name: x, pattern: '(['}]", "isn't a regular expression"),
        ("mask: [{name: x, pattern: 'a*'}]", "matches nothing at all"),
        ("mask: [{name: x}]", "mask: 'pattern' is missing"),
        ("mask: {name: x}", "mask: expected a list"),
    ],
)
def test_load_agent_says_what_is_wrong(tmp_path: Path, text: str, expected: str) -> None:
    assert expected.replace(".first", "(first") in mistakes(tmp_path, text)


words = st.sampled_from(
    ["name", "intents", "forms", "a", "slots", "then", "reply", "form", "x {y}", "{", "3", "null"]
)


values = st.recursive(
    words | st.integers() | st.booleans() | st.none(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([key for keys in KEYS.values() for key in keys]), inner, max_size=4
        )
    ),
    max_leaves=15,
)


@settings(max_examples=80)
@given(config=st.dictionaries(st.sampled_from(KEYS["agent"]), values, max_size=5))
def test_load_agent_never_raises_anything_else(
    tmp_path_factory: pytest.TempPathFactory, config: object
) -> None:
    import yaml

    path = tmp_path_factory.getbasetemp() / "random.yaml"
    path.write_text(yaml.safe_dump(config))
    with contextlib.suppress(ConfigurationError):
        load_agent(path, check_examples=False)
