"""The report says where, what and what to do; the JSON has the same."""

from __future__ import annotations

import json

from agent.intents.answered import AnsweredIntent
from agent.intents.formats import LoadedIntents, Rejected, Repeat
from agent.types import IntentExample
from agent.workshop.doctor.doctor import Collision, Diagnosis, Mislabelled, SameMessage, TooFew
from agent.workshop.doctor.report import report_lines, to_json

PAY = IntentExample("pay my bill", "pay", "a.yaml", 3)
OWE = IntentExample("what do I owe", "balance", "a.yaml", 7)
STRAY = IntentExample("sing", None, "b.csv", 2)

FULL = Diagnosis(
    LoadedIntents(
        (PAY, OWE, STRAY),
        (Rejected("a.yaml", 9, "broken"), Rejected("c.csv", None, "gone")),
        {"a.yaml": "yaml", "b.csv": "csv"},
        (Repeat(PAY, OWE),),
        (),
        {"synonym": 2},
        ("a.yaml:1: look",),
    ),
    {"balance": 1, "pay": 1},
    1,
    0.5,
    (SameMessage(PAY, STRAY, 0.99),),
    (Mislabelled(OWE, None, 0.01, 0.9),),
    (Collision("pay", "balance", 3, 20, (PAY, OWE), 0.5, 0.75),),
    (TooFew("pay", 1, 4),),
)
ANSWERED = [AnsweredIntent("pay", "kb1", "Paying", 5, 6, (PAY,))]


def test_report_names_places_and_remedies() -> None:
    text = "\n".join(report_lines(FULL, ANSWERED))
    for expected in (
        "3 examples of 2 intents, 1 of them out of scope",
        "50.0 % of the examples are recognised",
        "left out: 2 x synonym",
        "note: a.yaml:1: look",
        "a.yaml:9: broken",
        "c.csv: gone",
        "a.yaml:3 'pay my bill' is pay",
        "b.csv:2 'sing' is out of scope",
        "is under balance, reads like out of scope",
        "pay and balance: 3 of 20 examples are taken for the other; merged, 50.0 % recognised",
        "would become 75.0 %",
        "pay has 1: write 4 more",
        "a.yaml:3 'pay my bill' repeats a.yaml:7",
        "pay: 5 of 6 examples asked are answered by 'Paying' (kb1)",
        "2 lines can't be read, 6 things to look at.",
    ):
        assert expected in text


def test_report_of_a_clean_set_is_short() -> None:
    clean = Diagnosis(LoadedIntents((PAY,)), {"pay": 1}, 0, None)
    assert list(report_lines(clean, None)) == ["1 example of 1 intent", "", "Nothing to mend."]


def test_report_lists_at_most_twenty_of_a_kind() -> None:
    many = Diagnosis(
        LoadedIntents(()), {}, 0, None, too_few=tuple(TooFew(f"i{n}", 1, 4) for n in range(25))
    )
    text = "\n".join(report_lines(many, None))
    assert "i19 has 1" in text
    assert "i20 has 1" not in text
    assert "and 5 more (--json lists all)" in text


def test_to_json_holds_every_finding_and_can_be_written() -> None:
    document = json.loads(json.dumps(to_json(FULL, ANSWERED)))
    assert document["findings"] == 6
    assert document["mislabelled"][0]["likely"] is None
    assert document["mislabelled"][0]["line"] == 7
    assert document["collisions"][0]["intents"] == ["pay", "balance"]
    assert document["rejected"][1] == {"path": "c.csv", "line": None, "reason": "gone"}
    assert document["answered"][0]["share"] == 5 / 6
    assert to_json(FULL, None)["answered"] is None
