from __future__ import annotations

from pathlib import Path

import pytest
from written_agent import mistakes

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
