from __future__ import annotations

import contextlib
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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

INTENTS = """\
intents:
  hours: [when are you open, opening times, your hours]
  order: [order a monitor, I need a screen, get me a keyboard]
  status: [where is my ticket, ticket status, how is my request going]
"""


def written(folder: Path, text: str, intents: str = INTENTS) -> Path:
    (folder / "intents.yaml").write_text(intents)
    path = folder / "agent.yaml"
    path.write_text(text)
    return path


def mistakes(folder: Path, text: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        load_agent(written(folder, text))
    return str(caught.value)


FORM = """\
intents: intents.yaml
handle:
  order: {{form: order}}
forms:
  order:
    slots:
      - {slot}
    then: {{reply: ok}}
"""

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


def test_load_agent_notes_intents_that_nothing_handles(tmp_path: Path) -> None:
    config = load_agent(written(tmp_path, "intents: intents.yaml\nhandle: {hours: {reply: x}}"))
    assert config.handle["hours"].step == Say("x")
    assert any("'order' has examples but isn't handled" in note for note in config.notes)


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
        ("handle: {hours: 3}", "handle.hours: expected `key: value` lines"),
        ("handle: {hours: {reply: a, form: b}}", "got 'reply' and 'form'"),
        ("handle: {hours: {answer: false}}", "`answer: false` does nothing"),
        ("handle: {hours: {reply: 'x {item}'}}", "no form is filled at this point"),
        ("handle: {hours: {handover: aksed}}", "'aksed'; did you mean 'asked'"),
        ("handle: {hours: {reply: x}}", "no file of examples is named under 'intents'"),
        ("handle: {hours: {call: x}}", "unknown action 'x'; there is none"),
        ("forms: {a: {then: {reply: x}}}", "forms.a: 'slots' is missing"),
        ("forms: {a: {slots: [], then: {reply: x}}}", "asks for at least one slot"),
        ("forms: {A b: {slots: [{name: x, ask: y}], then: {reply: x}}}", "got 'A b'"),
        ("routing: {handle: 1.4}", "routing.handle: '1.4' is out of range; expected from 0 to 1"),
        ("routing: {handle: high}", "expected a number from 0 to 1, got 'high'"),
        ("routing: {handle: .nan}", "expected a number"),
        ("routing: {consider: 0.9}", "'consider' 0.9 is above 'handle' 0.5"),
        ("routing: {max_chars: 2.5}", "expected a whole number, got '2.5'"),
        ("day_first: maybe", "expected true or false, got 'maybe'"),
        ("languages: [English]", "expected a code like 'en', got 'English'"),
        ("handover: {rules: [{name: x}]}", "a rule needs 'words' or 'intent'"),
        ("handover: {rules: [{name: x, intent: nope}]}", "intent 'nope' has no examples"),
        ("handover: {unsure_turns: 0}", "'0' is out of range; expected from 1 to 20"),
        ("mask: [{name: x, pattern: '(['}]", "isn't a regular expression"),
        ("mask: [{name: x, pattern: 'a*'}]", "matches nothing at all"),
        ("mask: [{name: x}]", "mask: 'pattern' is missing"),
        ("mask: {name: x}", "mask: expected a list"),
        ("actions: {a: {}}", "actions.a: 'url' is missing"),
        ("actions: {a: {url: 'ftp://x'}}", "expected http:// or https://"),
        ("actions: {a: {url: 'https://{host}/'}}", "a host that no slot changes"),
        ("actions: {a: {url: 'https://x.{host}/'}}", "a host that no slot changes"),
        ("actions: {a: {url: 'https://x.org', method: FETCH}}", "unknown value 'FETCH'"),
        ("actions: {a: {url: 'https://x.org', json: {}}}", "a GET sends no body"),
        ("actions: {a: {url: 'https://x.org', timeout_s: 0}}", "from 0.1 to 60"),
        ("actions: {a: {url: 'https://x.org', headers: {'X Y': a}}}", "is no header's name"),
        ('actions: {a: {url: "https://x.org", headers: {X: "a\\nb"}}}', "a header is one line"),
        (
            "actions: {a: {url: 'https://x.org', method: POST, json: &a {b: *a}}}",
            "an alias that holds itself",
        ),
    ],
)
def test_load_agent_says_what_is_wrong(tmp_path: Path, text: str, expected: str) -> None:
    assert expected.replace(".first", "(first") in mistakes(tmp_path, text)


@pytest.mark.parametrize(
    ("slot", "expected"),
    [
        ("{ask: x}", "'name' is missing"),
        ("{name: a}", "'ask' is missing"),
        ("{name: Big, ask: x}", "a lower-case word like 'needed_by'"),
        ("{name: response, ask: x}", "and not 'response'"),
        ("{name: a, type: dat, ask: x}", "unknown value 'dat'; did you mean 'date'?"),
        ("{name: a, type: choice, ask: x}", "a choice needs 'choices'"),
        ("{name: a, type: choice, ask: x, choices: []}", "a choice needs 'choices'"),
        ("{name: a, type: choice, ask: x, choices: [b, c: [B]]}", "'B' already means 'b'"),
        ("{name: a, type: choice, ask: x, choices: [{b: [c], d: [e]}]}", "`value: [synonyms]`"),
        ("{name: a, type: date, ask: x, min: 3}", "belongs to text or number slots"),
        ("{name: a, type: number, ask: x, min: 3, max: 1}", "'min' 3 is above 'max' 1"),
        ("{name: a, type: date, ask: x, earliest: soon}", "expected a date like"),
        (
            "{name: a, type: date, ask: x, earliest: today+3, latest: today}",
            "'earliest' 'today+3' is after 'latest' 'today'",
        ),
        ("{name: a, ask: x, pattern: '*'}", "isn't a regular expression"),
    ],
)
def test_load_agent_says_what_is_wrong_with_a_slot(
    tmp_path: Path, slot: str, expected: str
) -> None:
    text = mistakes(tmp_path, FORM.format(slot=slot))
    assert expected in text
    assert "agent.yaml:7: forms.order.slots" in text


def test_load_agent_refuses_two_slots_of_one_name(tmp_path: Path) -> None:
    slots = "{name: a, ask: x}\n      - {name: a, ask: y}"
    assert "two slots are called 'a'" in mistakes(tmp_path, FORM.format(slot=slots))


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


def test_load_agent_lets_an_environment_variable_name_the_host(tmp_path: Path) -> None:
    text = "actions: {look: {url: '${DESK_URL}/t'}, b: {url: 'https://${HOST}:80/t'}}"
    assert load_agent(written(tmp_path, text)).actions["look"].url == "${DESK_URL}/t"


def test_load_agent_reports_examples_that_cannot_be_read(tmp_path: Path) -> None:
    path = written(tmp_path, "intents: intents.yaml", intents="nonsense: 3\n")
    with pytest.raises(ConfigurationError, match=r"agent.yaml:1: intents: .*intents.yaml"):
        load_agent(path)
    assert load_agent(path, check_examples=False).intents


def test_load_agent_names_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"can't read the agent's .*init DIR"):
        load_agent(tmp_path / "none.yaml")


def test_load_agent_refuses_bytes_that_are_no_text(tmp_path: Path) -> None:
    path = tmp_path / "agent.yaml"
    path.write_bytes(b"name: x\nsay: \xff")
    with pytest.raises(ConfigurationError, match=r"agent.yaml:2: byte 0xff isn't UTF-8"):
        load_agent(path)


def test_load_agent_refuses_a_huge_file(tmp_path: Path) -> None:
    path = tmp_path / "agent.yaml"
    path.write_bytes(b"#" * 2_000_001)
    with pytest.raises(ConfigurationError, match="2000001 bytes are no configuration"):
        load_agent(path)


def test_load_agent_survives_deep_nesting(tmp_path: Path) -> None:
    path = tmp_path / "agent.yaml"
    path.write_text("[" * 1_500)
    with pytest.raises(ConfigurationError, match="not YAML"):
        load_agent(path)


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


@settings(deadline=None, max_examples=80)
@given(config=st.dictionaries(st.sampled_from(KEYS["agent"]), values, max_size=5))
def test_load_agent_never_raises_anything_else(
    tmp_path_factory: pytest.TempPathFactory, config: object
) -> None:
    import yaml

    path = tmp_path_factory.getbasetemp() / "random.yaml"
    path.write_text(yaml.safe_dump(config))
    with contextlib.suppress(ConfigurationError):
        load_agent(path, check_examples=False)
