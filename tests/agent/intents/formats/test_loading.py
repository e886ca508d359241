"""load_intents: what is kept, reported and refused, whatever the format."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.errors import IntentError
from agent.intents.formats import load_intents, same_text
from agent.types import IntentExample

FIXTURES = Path(__file__).parents[1] / "fixtures"


def write(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_load_intents_without_paths_raises() -> None:
    with pytest.raises(IntentError, match="no file of intents was given"):
        load_intents([])


def test_load_intents_names_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(IntentError, match=r"gone\.yaml: can't be read: No such file"):
        load_intents([tmp_path / "gone.yaml"])


def test_load_intents_strict_names_every_bad_line(tmp_path: Path) -> None:
    path = write(tmp_path, "a.jsonl", '{"text": "a", "intent": "x"}\n{bad\n{"text": 5}\n')
    with pytest.raises(IntentError, match=r"a\.jsonl:2: not valid JSON.*; .*a\.jsonl:3: text is 5"):
        load_intents([path])


def test_load_intents_strict_counts_what_it_does_not_name(tmp_path: Path) -> None:
    path = write(tmp_path, "a.jsonl", '{"text": "a", "intent": "x"}\n' + "{bad\n" * 9)
    with pytest.raises(IntentError, match="and 4 more"):
        load_intents([path])


def test_load_intents_strict_raises_without_examples(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "text,label\n")
    with pytest.raises(IntentError, match="no examples found"):
        load_intents([path])
    assert load_intents([path], strict=False).examples == ()


def test_load_intents_keeps_the_rest_when_not_strict(tmp_path: Path) -> None:
    path = write(tmp_path, "a.jsonl", '{bad\n{"text": "a", "intent": "x"}\n')
    loaded = load_intents([path], strict=False)
    assert loaded.examples == (IntentExample("a", "x", str(path), 2),)
    assert [(entry.path, entry.line) for entry in loaded.rejected] == [(str(path), 1)]


def test_load_intents_keeps_a_repeated_example_once_and_reports_it(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "text,label\nWhere is it?,x\nwhere  is it?,x\n")
    loaded = load_intents([path])
    assert [example.line for example in loaded.examples] == [2]
    assert [(repeat.example.line, repeat.first.line) for repeat in loaded.duplicates] == [(3, 2)]
    assert len(load_intents([path], keep_duplicates=True).examples) == 2


def test_load_intents_keeps_a_text_under_two_intents_and_names_both_places(tmp_path: Path) -> None:
    first = write(tmp_path, "a.csv", "text,label\nhello,x\n")
    second = write(tmp_path, "b.csv", "text,label\nhello,y\n")
    loaded = load_intents([first, second])
    assert len(loaded.examples) == 2
    [conflict] = loaded.conflicts
    assert (conflict.example.path, conflict.first.path) == (str(second), str(first))
    assert (conflict.example.intent, conflict.first.intent) == ("y", "x")


def test_load_intents_refuses_an_empty_text(tmp_path: Path) -> None:
    loaded = load_intents([write(tmp_path, "a.csv", "text,label\n  ,x\n")], strict=False)
    assert "the text is empty" in loaded.rejected[0].reason
    assert loaded.rejected[0].line == 2


def test_load_intents_refuses_half_a_surrogate_pair(tmp_path: Path) -> None:
    path = write(tmp_path, "a.jsonl", '{"text": "a\\ud800", "intent": "x"}\n')
    loaded = load_intents([path], strict=False)
    assert "half of a surrogate pair (U+D800)" in loaded.rejected[0].reason


def test_load_intents_refuses_a_file_of_no_known_format(tmp_path: Path) -> None:
    with pytest.raises(IntentError, match=r"notes\.txt: no format we read; expected our YAML"):
        load_intents([write(tmp_path, "notes.txt", "hello")])


def test_load_intents_tells_formats_by_content_not_suffix(tmp_path: Path) -> None:
    names = {"own.yaml": "yaml", "rasa_nlu.yml": "rasa", "luis.json": "luis", "clu.json": "clu"}
    for name, expected in names.items():
        path = write(tmp_path, f"{name}.txt", (FIXTURES / name).read_bytes())
        assert load_intents([path], strict=False).format == {str(path): expected}


def test_load_intents_reads_a_folder_and_passes_over_other_files(tmp_path: Path) -> None:
    write(tmp_path, "nlu.yml", "nlu:\n- intent: greet\n  examples: |\n    - hey\n")
    write(tmp_path, "stories.yml", "stories:\n- story: one\n")
    write(tmp_path, "domain.yml", "version: '3.1'\nintents:\n  # all\n\n  - greet\n")
    write(tmp_path, "agent.yaml", "intents: [nlu.yml]\n")
    loaded = load_intents([tmp_path])
    assert [example.text for example in loaded.examples] == ["hey"]
    assert loaded.skipped == {"other file": 3}


def test_load_intents_refuses_a_folder_without_intents(tmp_path: Path) -> None:
    with pytest.raises(IntentError, match="the folder holds no file of intents"):
        load_intents([tmp_path])


def test_same_text_ignores_case_and_white_space() -> None:
    assert same_text("Où  EST\tma carte") == same_text("Où est ma carte ")
    assert same_text("pay") != same_text("pay?")


TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1, max_size=30
).filter(lambda text: text.strip() != "")
ROWS = st.lists(st.tuples(TEXTS, st.sampled_from(["x", "y", "oos", ""])), min_size=1, max_size=8)


@given(ROWS)
@settings(max_examples=40)
def test_jsonl_round_trips_any_text(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]]
) -> None:
    path = tmp_path_factory.mktemp("rows") / "rows.jsonl"
    path.write_text(
        "".join(
            json.dumps({"text": text, "intent": label}, ensure_ascii=False) + "\n"
            for text, label in rows
        ),
        encoding="utf-8",
    )
    loaded = load_intents([path], keep_duplicates=True)
    expected = [(text, label if label in ("x", "y") else None) for text, label in rows]
    assert [(example.text, example.intent) for example in loaded.examples] == expected
    assert [example.line for example in loaded.examples] == list(range(1, len(rows) + 1))


@given(ROWS)
@settings(max_examples=40)
def test_csv_round_trips_any_text(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]]
) -> None:
    import csv

    path = tmp_path_factory.mktemp("rows") / "rows.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([("text", "label"), *rows])
    loaded = load_intents([path], keep_duplicates=True)
    expected = [(text, label if label in ("x", "y") else None) for text, label in rows]
    assert [(example.text, example.intent) for example in loaded.examples] == expected


@given(st.binary(max_size=200), st.sampled_from([".yaml", ".csv", ".jsonl", ".json", ".zip", ""]))
@settings(max_examples=150)
def test_no_bytes_break_the_lenient_reading(
    tmp_path_factory: pytest.TempPathFactory, raw: bytes, suffix: str
) -> None:
    path = tmp_path_factory.mktemp("raw") / f"file{suffix}"
    path.write_bytes(raw)
    loaded = load_intents([path], strict=False)
    assert all(entry.reason for entry in loaded.rejected)


@given(st.data())
@settings(max_examples=80)
def test_no_damage_to_an_export_breaks_the_lenient_reading(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    name = data.draw(st.sampled_from(["own.yaml", "rasa_nlu.yml", "luis.json", "clu.json"]))
    raw = (FIXTURES / name).read_bytes()
    start = data.draw(st.integers(0, len(raw) - 1))
    length = data.draw(st.integers(0, 40))
    path = tmp_path_factory.mktemp("raw") / name
    path.write_bytes(raw[:start] + data.draw(st.binary(max_size=4)) + raw[start + length :])
    load_intents([path], strict=False)
