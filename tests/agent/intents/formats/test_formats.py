"""Each format as its owner writes it: the fixtures are small, shaped like real exports."""

from __future__ import annotations

import io
import json
import re
import zipfile
from pathlib import Path

import pytest

from agent.errors import IntentError
from agent.intents.formats import LoadedIntents, load_intents
from agent.intents.formats.rasa import plain
from agent.intents.formats.registry import FORMATS, SUFFIXES, loader_of

FIXTURES = Path(__file__).parents[1] / "fixtures"


def read(folder: Path, name: str, content: str | bytes) -> LoadedIntents:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return load_intents([path], strict=False)


def found(loaded: LoadedIntents) -> list[tuple[str, str | None, int]]:
    return [(example.text, example.intent, example.line) for example in loaded.examples]


def refused(loaded: LoadedIntents) -> str:
    [entry] = loaded.rejected
    return f"{entry.line}: {entry.reason}"


@pytest.mark.parametrize("name", FORMATS)
def test_registry_loads_every_format(name: str) -> None:
    loader = loader_of(name)
    assert callable(loader.load)
    assert callable(loader.recognises)
    assert set(SUFFIXES.values()) <= set(FORMATS)


# -- our YAML


def test_own_yaml_reads_all_forms_with_lines() -> None:
    loaded = load_intents([FIXTURES / "own.yaml"])
    assert found(loaded) == [
        ("When is the help desk open?", "opening_hours", 4),
        ("opening times: weekdays", "opening_hours", 5),
        ("yes", "opening_hours", 6),
        ("I need a new keyboard", "order_equipment", 8),
        ("order a monitor", "order_equipment", 10),
        ("what's the weather like", None, 13),
    ]


@pytest.mark.parametrize("head", ["intents:\n", ""])
def test_own_yaml_reads_the_list_form(tmp_path: Path, head: str) -> None:
    text = (
        f"{head}- intent: pay\n  examples: |\n    - pay my bill\n- intent: oos\n  examples: [hm]\n"
    )
    first = 4 if head else 3
    assert found(read(tmp_path, "a.yaml", text)) == [
        ("pay my bill", "pay", first),
        ("hm", None, first + 2),
    ]


def test_own_yaml_names_an_example_that_reads_as_a_mapping(tmp_path: Path) -> None:
    loaded = read(tmp_path, "a.yaml", "intents:\n  a:\n    - How do I: reset\n    - fine\n")
    assert refused(loaded).startswith("3: an example of 'a' reads as a mapping: put quotes")
    assert found(loaded) == [("fine", "a", 4)]


def test_own_yaml_joins_an_intent_listed_twice(tmp_path: Path) -> None:
    loaded = read(tmp_path, "a.yaml", "intents:\n  a: [one]\n  a: [two]\n")
    assert [example.text for example in loaded.examples] == ["one", "two"]
    assert "listed twice" in loaded.warnings[0]


def test_own_yaml_warns_of_an_intent_without_examples(tmp_path: Path) -> None:
    loaded = read(tmp_path, "a.yaml", "intents:\n  a: []\n  b:\n  c: [x]\n")
    assert [warning.split(": ")[-1] for warning in loaded.warnings] == [
        "intent 'a' has no examples yet",
        "intent 'b' has no examples yet",
    ]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("intents:\n  - a.yaml\n", "2: intents lists only names or files"),
        ("intents: 5\n", "1: intents is '5'"),
        ("intents:\n  - examples: [a]\n", "2: the entry names no intent"),
        ("intents:\n  - intent: a\n", "2: intent 'a' has no `examples`"),
        ("intents:\n  ? [a]\n  : [b]\n", "2: an intent's name is empty"),
        ("intents:\n  a: {b: c}\n", "2: intent 'a' has no list of examples"),
        ("intents:\n  a:\n    - x\n   - y\n", "4: not valid YAML"),
        ("intents:\n  a:\n    - [x, y]\n", "3: an example of 'a' reads as a list"),
        ("other: 1\n", "1: the file has no `intents`"),
        ("", "None: the file is empty"),
        ("just words", "1: the file holds one text"),
    ],
)
def test_own_yaml_words_what_is_wrong(tmp_path: Path, text: str, reason: str) -> None:
    assert refused(read(tmp_path, "a.yaml", text)).startswith(reason)


# -- CSV and JSON Lines


def test_csv_reads_quotes_across_lines_and_labels(tmp_path: Path) -> None:
    loaded = read(
        tmp_path, "a.csv", b'\xef\xbb\xbfid,Text,category\n1,"a ""b""\nc",x\n2,d,oos\n\n3,e,\n'
    )
    assert found(loaded) == [('a "b"\nc', "x", 2), ("d", None, 4), ("e", None, 6)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_csv_reads_encodings(tmp_path: Path, encoding: str) -> None:
    loaded = read(tmp_path, "a.csv", "text;intent\nWo ist mein Schlüssel?;key\n".encode(encoding))
    assert found(loaded) == [("Wo ist mein Schlüssel?", "key", 2)]


def test_csv_names_bad_rows_and_keeps_the_others(tmp_path: Path) -> None:
    raw = b'text,label\nfine,x\nb\xe4d,x\none cell\n"open" quote,x\nlast,y\n'
    loaded = read(tmp_path, "a.csv", raw)
    assert [entry.line for entry in loaded.rejected] == [3, 4, 5]
    assert "byte 0xE4" in loaded.rejected[0].reason
    assert "the row has 1 cells, the header 2" in loaded.rejected[1].reason
    assert "not valid CSV" in loaded.rejected[2].reason
    assert [example.text for example in loaded.examples] == ["fine", "last"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "None: the file is empty; expected a column text"),
        ("question,answer\na,b\n", "1: the header is ['question', 'answer']"),
        ("text,label,label\na,b,c\n", "1: the header .* names a column twice"),
        ('"text,label\n', "1: the header can't be read"),
    ],
)
def test_csv_words_what_is_wrong_with_a_header(tmp_path: Path, text: str, reason: str) -> None:
    assert re.match(reason.replace("[", r"\["), refused(read(tmp_path, "a.csv", text)))


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("[1]", "the line holds [1]; expected a JSON object"),
        ('{"intent": "x"}', "text is None; expected a string"),
        ('{"text": "a", "intent": 5}', "intent is 5; expected a name"),
    ],
)
def test_jsonl_words_what_is_wrong(tmp_path: Path, row: str, reason: str) -> None:
    loaded = read(tmp_path, "a.jsonl", f'{{"text": "a", "intent": null}}\n{row}\n')
    assert refused(loaded).startswith(f"2: {reason}")
    assert found(loaded) == [("a", None, 1)]


# -- Rasa


def test_rasa_reads_examples_as_plain_text() -> None:
    loaded = load_intents([FIXTURES / "rasa_nlu.yml"], strict=False)
    assert found(loaded) == [
        ("hey", "greet", 6),
        ("hello Sara", "greet", 7),
        ("from Leeds to LA", "book_flight", 10),
        ("fly on Monday", "book_flight", 11),
        ("seats 2 please", "book_flight", 12),
        ("when are you open", "faq/ask_opening", 17),
        ("opening hours", "faq/ask_opening", 20),
        ("who won the match", None, 23),
    ]
    assert refused(loaded) == "13: the example 'no bullet here' has no '- ' before it; add it"
    assert loaded.skipped == {"lookup": 1, "regex": 1, "rules": 1, "synonym": 1}


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        ("[a](x) [b](y:z)", "a b"),
        ("see [1] and (2)", "see [1] and (2)"),
        ("[a]{'broken", "[a]{'broken"),
    ],
)
def test_plain_removes_only_entity_marks(marked: str, expected: str) -> None:
    assert plain(marked) == expected


@pytest.mark.parametrize(
    ("section", "reason"),
    [
        ("- intent: ''\n", "2: the section's intent has no name"),
        ("- words\n", "2: 'words' under `nlu` is no section"),
        ("- entity: a\n", "2: a section with the keys ['entity']"),
        ("- intent: a\n  examples: {b: c}\n", "3: the examples of 'a' are a mapping"),
        ("- intent: a\n  examples: [{b: c}]\n", "3: an example without `text`"),
        ("  words\n", "1: `nlu` is no list"),
    ],
)
def test_rasa_words_what_is_wrong(tmp_path: Path, section: str, reason: str) -> None:
    assert refused(read(tmp_path, "nlu.yml", f"nlu:\n{section}")).startswith(reason)


# -- Dialogflow


def _zipped(folder: Path, *, top: str = "") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path in sorted(folder.rglob("*.json")):
            archive.write(path, top + path.relative_to(folder).as_posix())
    return buffer.getvalue()


DIALOGFLOW = [("sing me a song", None, 1), ("show me thai places", "find.restaurant", 2)]


def test_dialogflow_reads_an_unpacked_export() -> None:
    loaded = load_intents([FIXTURES / "dialogflow"], strict=False)
    assert found(loaded) == DIALOGFLOW
    assert loaded.skipped == {"other language": 1, "template": 1}
    assert refused(loaded).startswith("20: a part of the phrase has no text")
    assert loaded.rejected[0].path.endswith("find restaurant_usersays_en.json")


@pytest.mark.parametrize("top", ["", "export/"])
def test_dialogflow_reads_the_zip_alike(tmp_path: Path, top: str) -> None:
    loaded = read(tmp_path, "export.zip", _zipped(FIXTURES / "dialogflow", top=top))
    assert found(loaded) == DIALOGFLOW
    assert "export.zip/" in loaded.examples[0].path


def test_dialogflow_reads_phrases_inside_older_intents(tmp_path: Path) -> None:
    intents = tmp_path / "intents"
    intents.mkdir()
    says = [{"data": [{"text": "great"}], "isTemplate": False, "count": 0}, {"data": 5}]
    old = {"name": "affirm", "userSays": says, "responses": [], "fallbackIntent": False}
    (intents / "affirm.json").write_text(json.dumps(old))
    loaded = load_intents([tmp_path], strict=False)
    assert found(loaded) == [("great", "affirm", 1)]
    assert "expected an object with `data`" in refused(loaded)


def test_dialogflow_reads_its_own_language_where_there_is_no_english(tmp_path: Path) -> None:
    (tmp_path / "intents").mkdir()
    (tmp_path / "agent.json").write_text('{"language": "es"}')
    rows = [{"data": [{"text": "hola"}], "isTemplate": False}]
    (tmp_path / "intents" / "hi_usersays_es.json").write_text(json.dumps(rows))
    loaded = load_intents([tmp_path])
    assert found(loaded) == [("hola", "hi", 1)]
    assert "no phrase is in English; read those in es" in loaded.warnings[0]


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"PK\x03\x04 broken", "the archive can't be unpacked"),
        (_zipped(FIXTURES / "dialogflow" / "intents"), "the export holds no intents"),
    ],
)
def test_dialogflow_refuses_other_archives(tmp_path: Path, raw: bytes, reason: str) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(raw)
    with pytest.raises(IntentError, match=reason):
        load_intents([path])


def test_dialogflow_refuses_an_archive_that_unpacks_to_too_much(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent.intents.formats.dialogflow.MAX_UNPACKED_BYTES", 10)
    loaded = read(tmp_path, "a.zip", _zipped(FIXTURES / "dialogflow"))
    assert "unpacks to more than 10 bytes" in refused(loaded)


def test_dialogflow_names_a_broken_file_and_reads_the_others(tmp_path: Path) -> None:
    (tmp_path / "intents").mkdir()
    rows = [{"data": [{"text": "hi"}], "isTemplate": False}]
    (tmp_path / "intents" / "hi_usersays_en.json").write_text(json.dumps(rows))
    (tmp_path / "intents" / "bye.json").write_text("{\n bad")
    (tmp_path / "intents" / "five.json").write_text("5")
    (tmp_path / "intents" / "six_usersays_en.json").write_text("{}")
    (tmp_path / "intents" / "ten_usersays_en.json").write_text("[")
    loaded = load_intents([tmp_path], strict=False)
    assert found(loaded) == [("hi", "hi", 1)]
    assert [(Path(entry.path).name, entry.line) for entry in loaded.rejected] == [
        ("bye.json", 2),
        ("five.json", 1),
        ("six_usersays_en.json", 1),
        ("ten_usersays_en.json", 1),
    ]


# -- LUIS and CLU


def test_luis_reads_utterances_with_lines() -> None:
    loaded = load_intents([FIXTURES / "luis.json"], strict=False)
    assert found(loaded) == [
        ("hey there", "greet", 10),
        ("show me chinese restaurants", "inform", 15),
        ("sing me a song", None, 20),
    ]
    assert refused(loaded) == "25: utterance 4: intent is None; expected a name"
    assert loaded.skipped == {"pattern": 1}


def test_luis_reads_a_batch_test_file(tmp_path: Path) -> None:
    rows = [{"text": "hi", "intent": "greet", "entities": []}]
    assert found(read(tmp_path, "batch.json", json.dumps(rows))) == [("hi", "greet", 1)]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"utterances": {}}', "None: utterances is {}; expected a list"),
        ('{"utterances": [5]}', "None: utterance 1 is 5; expected an object"),
        ('{"utterances": [{"intent": "a"}]}', "1: utterance 1: text is None"),
        ('{"a": 1}', "None: the file holds ['a']; expected LUIS's `utterances`"),
        ('{\n"utterances": [,]}', "2: not valid JSON at column"),
        ('{"assets": {"entities": []}}', "1: the project's assets hold ['entities']"),
    ],
)
def test_luis_and_clu_word_what_is_wrong(tmp_path: Path, text: str, reason: str) -> None:
    assert refused(read(tmp_path, "a.json", text)).startswith(reason)


def test_clu_reads_what_is_meant_for_training() -> None:
    loaded = load_intents([FIXTURES / "clu.json"])
    assert found(loaded) == [
        ("hey there", "greet", 10),
        ("good morning", "greet", 17),
        ("sing me a song", None, 20),
    ]
    assert loaded.skipped == {"other language": 1, "test utterance": 1}


def test_clu_reads_its_own_language_where_there_is_no_english(tmp_path: Path) -> None:
    rows = [{"text": "Hallo", "intent": "greet", "language": "de"}]
    project = {"metadata": {"language": "de"}, "assets": {"utterances": rows}}
    loaded = read(tmp_path, "clu.json", json.dumps(project))
    assert found(loaded) == [("Hallo", "greet", 1)]
    assert "no utterance is in English" in loaded.warnings[0]
