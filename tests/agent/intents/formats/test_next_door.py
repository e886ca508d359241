"""Exports of neighbouring products: read, or refused with the way out."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from agent.errors import IntentError
from agent.intents.formats import load_intents

RASA_1 = """## intent:greet
- hello
* hi [there](who)

## synonym:pw
- password

## intent:out_of_scope/other
- who won the election
no bullet
"""
LU = """> a comment
# Greeting
- hello
- reset it for {user=Kim}
- reset it for {user}
@ ml user
# None
- what a day
"""


def loaded(tmp_path: Path, name: str, text: str) -> list[tuple[str, str | None]]:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    found = load_intents([path], strict=False)
    return [(example.text, example.intent) for example in found.examples]


def test_rasa_1_markdown(tmp_path: Path) -> None:
    assert loaded(tmp_path, "nlu.md", RASA_1) == [
        ("hello", "greet"),
        ("hi there", "greet"),
        ("who won the election", None),
    ]
    found = load_intents([tmp_path / "nlu.md"], strict=False)
    assert found.skipped == {"synonym": 1}
    assert "no bullet" in found.rejected[0].reason


def test_rasa_1_json(tmp_path: Path) -> None:
    rows = [{"text": "hello", "intent": "greet", "entities": []}, {"text": "x", "intent": None}]
    text = json.dumps({"rasa_nlu_data": {"common_examples": rows}})
    assert loaded(tmp_path, "nlu.json", text) == [("hello", "greet")]


def test_retrieval_intents_out_of_scope_are_out_of_scope(tmp_path: Path) -> None:
    text = (
        "nlu:\n- intent: out_of_scope/other\n  examples: |\n    - who won\n"
        "- intent: faq/hours\n  examples: |\n    - when are you open\n"
    )
    assert loaded(tmp_path, "nlu.yml", text) == [
        ("who won", None),
        ("when are you open", "faq/hours"),
    ]


def test_lu(tmp_path: Path) -> None:
    assert loaded(tmp_path, "bot.lu", LU) == [
        ("hello", "Greeting"),
        ("reset it for Kim", "Greeting"),
        ("what a day", None),
    ]
    assert load_intents([tmp_path / "bot.lu"]).skipped == {"entity": 1, "pattern": 1}


def test_watson_and_botpress(tmp_path: Path) -> None:
    watson = {"intents": [{"intent": "greet", "examples": [{"text": "hello"}, {"text": "hi"}]}]}
    botpress = [{"name": "greet", "utterances": {"en": ["hello"], "fr": ["bonjour"]}}]
    assert loaded(tmp_path, "w.json", json.dumps(watson)) == [("hello", "greet"), ("hi", "greet")]
    assert loaded(tmp_path, "b.json", json.dumps(botpress)) == [("hello", "greet")]


def test_excel_csv_in_other_words(tmp_path: Path) -> None:
    text = '\ufeffUtterance;Intent\n"hello; you";greet\n'
    assert loaded(tmp_path, "e.csv", text) == [("hello; you", "greet")]


@pytest.mark.parametrize(
    ("name", "text", "way_out"),
    [
        ("q.json", '{"qna": [{"qid": "1", "q": ["how?"], "a": "so"}]}', "frontdesk index"),
        ("n.csv", "hello,greet\nbye,part\n", "`text,intent` on top"),
    ],
)
def test_what_is_no_list_of_intents_is_refused_with_the_way_out(
    tmp_path: Path, name: str, text: str, way_out: str
) -> None:
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(IntentError, match=way_out):
        load_intents([path])


def test_contexts_of_dialogflow_are_told(tmp_path: Path) -> None:
    intent = {"name": "order - yes", "parentId": "1", "contexts": ["order-followup"]}
    phrases = [{"data": [{"text": "yes please"}], "isTemplate": False}]
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as archive:
        archive.writestr("agent.json", '{"language": "en"}')
        archive.writestr("intents/order - yes.json", json.dumps(intent))
        archive.writestr("intents/order - yes_usersays_en.json", json.dumps(phrases))
    found = load_intents([tmp_path / "export.zip"])
    assert [example.text for example in found.examples] == ["yes please"]
    assert "contexts aren't read" in found.warnings[0]
