"""The commands of qa from the outside, over a small index and a random reader."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from agent.cli.entry import app
from qa import OpenBook, to_json
from qa.deciding.calibration import GENERIC
from retrieval import bring_up_to_date

PAGES = {
    "desk.md": "---\ntitle: Help desk\n---\n\n## Hours\n\nThe desk opens at 8:30 on weekdays.\n",
    "vpn.md": "---\ntitle: VPN\n---\n\n## Set up\n\n1. Open Tunnelgate.\n2. Add a profile.\n",
    "pay.md": "---\ntitle: Pay\naudience: [hr]\n---\n\nBand C earns 51,000 euros.\n",
}


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def kb(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("commands")
    source = root / "pages"
    source.mkdir()
    for name, text in PAGES.items():
        (source / name).write_text(text, encoding="utf-8")
    bring_up_to_date([source], root / "kb")
    return root / "kb"


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory, tiny_bert: Path) -> Path:
    """Return a random reader that answers whatever it is asked."""
    import shutil

    folder = tmp_path_factory.mktemp("reader") / "bold"
    shutil.copytree(tiny_bert, folder)
    bold = {**GENERIC.to_json(), "threshold": 0.0}
    (folder / "calibration.json").write_text(json.dumps(bold), encoding="utf-8")
    return folder


def test_ask_prints_the_contract(kb: Path, reader: Path) -> None:
    done = run("ask", "when does the desk open", "--kb", kb, "--reader", reader, "--json")
    assert done.exit_code == 0, done.output
    shown = json.loads(done.stdout)
    assert shown["status"] == "answered"
    assert shown["answers"][0]["reader"] == str(reader)
    assert shown["generation"] == "000001"
    result = OpenBook.open(kb, reader=reader).ask("when does the desk open")
    assert to_json(result)["answers"] == shown["answers"]


def test_ask_answers_from_articles_that_meet_every_condition(kb: Path, reader: Path) -> None:
    asked = ("ask", "when does the desk open", "--kb", kb, "--reader", reader, "--json")
    for where, expected in (("title=vpn", {"vpn.md"}), ("title!=vpn", {"desk.md"})):
        shown = json.loads(run(*asked, "--where", where).stdout)
        assert {answer["article_id"] for answer in shown["answers"]} == expected
    both = run(*asked, "--where", "title=vpn", "--where", "format=html")
    assert json.loads(both.stdout)["answers"] == []
    assert json.loads(both.stdout)["refusal"]["nearest"] == []
    wrong = run(*asked, "--where", "title")
    assert wrong.exit_code == 1
    assert "expected FIELD=VALUE" in wrong.stderr


def test_ask_is_readable(kb: Path, reader: Path) -> None:
    done = run("ask", "when does the desk open", "--kb", kb, "--reader", reader)
    assert done.exit_code == 0
    assert "% sure" in done.stdout
    assert "\x1b" not in done.stdout


def test_ask_keeps_the_trace_out_of_the_json(kb: Path, reader: Path) -> None:
    arguments = ["ask", "when does the desk open", "--kb", kb, "--reader", reader, "--trace"]
    both = run(*arguments, "--json")
    json.loads(both.stdout)
    assert "How it was found" in both.stderr
    alone = run(*arguments)
    for heading in ("How it was found", "What was read", "What was decided"):
        assert heading in alone.stdout


@pytest.mark.parametrize(
    "question",
    ["", "   ", "word " * 10_000, "\x00\x1b[31m", "\u202e\u0301\U0001f469\u200d", "\udcff"],
)
def test_ask_takes_any_question(kb: Path, reader: Path, question: str) -> None:
    done = run("ask", question, "--kb", kb, "--reader", reader, "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["status"] in ("answered", "refused")


def test_ask_refuses_with_a_good_exit_code(kb: Path, tiny_bert: Path) -> None:
    done = run("ask", "", "--kb", kb, "--reader", tiny_bert)
    assert done.exit_code == 0
    assert "The question is empty" in done.stdout


def test_ask_without_a_role_sees_nothing_restricted(kb: Path, reader: Path) -> None:
    asking = ["ask", "what does band C earn", "--kb", kb, "--reader", reader, "--json"]
    public = json.loads(run(*asking).stdout)
    assert all(answer["article_id"] != "pay.md" for answer in public["answers"])
    hr = json.loads(run(*asking, "--role", "staff", "--role", "hr").stdout)
    assert any(answer["article_id"] == "pay.md" for answer in hr["answers"])


@pytest.mark.parametrize(
    ("extra", "code", "words"),
    [
        (["--reader", "brt"], 1, "Did you mean 'bert'"),
        (["--kb", "missing"], 1, "missing"),
        (["--top-k", "0"], 2, "--top-k"),
        (["--budget-ms", "-1"], 2, "--budget-ms"),
        (["--budget-ms", "soon"], 2, "--budget-ms"),
    ],
)
def test_ask_words_its_errors(
    kb: Path, reader: Path, extra: list[str], code: int, words: str
) -> None:
    done = run("ask", "when", "--kb", kb, "--reader", reader, *extra)
    assert done.exit_code == code
    assert words in done.stderr
    assert "Traceback" not in done.output


def test_ask_out_of_time(kb: Path, reader: Path) -> None:
    done = run("ask", "when", "--kb", kb, "--reader", reader, "--budget-ms", "0", "--json")
    shown = json.loads(done.stdout)
    assert shown["refusal"]["reason"] == "out_of_time"


def test_verify_checks_what_ask_saved(kb: Path, reader: Path, tmp_path: Path) -> None:
    asked = run("ask", "when does it open", "--kb", kb, "--reader", reader, "--json").stdout
    saved = tmp_path / "answer.json"
    saved.write_text(asked, encoding="utf-8")
    done = run("verify", saved, "--kb", kb, "--json")
    assert done.exit_code == 0, done.output
    n_answers = len(json.loads(asked)["answers"])
    assert json.loads(done.stdout) == {"checked": n_answers, "failed": []}
    forged = json.loads(asked)
    forged["answers"][0]["text"] += "!"
    saved.write_text(json.dumps(forged), encoding="utf-8")
    done = run("verify", saved, "--kb", kb)
    assert done.exit_code == 1
    assert "is not what stands at" in done.stdout
    assert f"{n_answers} citations checked, {n_answers - 1} hold." in done.stdout
    saved.write_text("hello", encoding="utf-8")
    done = run("verify", saved, "--kb", kb)
    assert done.exit_code == 1
    assert "not JSON" in done.stderr


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    rows: list[dict[str, Any]] = [
        {"id": "1", "question": "When?", "answers": ["8:30"], "article_ids": ["desk.md"]},
        {"id": "2", "question": "What does C earn?", "answerable": False},
    ]
    path = tmp_path / "questions.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    return path


def test_evaluate_answers(kb: Path, reader: Path, questions: Path, tmp_path: Path) -> None:
    kept = tmp_path / "predictions.jsonl"
    command = ["evaluate", "answers", "--kb", kb, "--questions", questions, "--reader", reader]
    done = run(*command, "--predictions", kept, "--json")
    assert done.exit_code == 0, done.output
    measured = json.loads(done.stdout)
    assert measured["n"] == 2
    assert measured["coverage"] == 1.0
    assert measured["article_hit@5"] == 1.0
    assert measured["signature"]["configuration_sha256"]
    # The second time the file is scored, and no reader is needed.
    again = run(*command[:-1], "no-such-reader", "--predictions", kept, "--json")
    scored = json.loads(again.stdout)
    assert {k: v for k, v in scored.items() if k != "signature"} == {
        k: v for k, v in measured.items() if k != "signature"
    }
    readable = run(*command)
    assert "wrong_rate" in readable.stdout
    assert "signature" not in readable.stdout


def test_evaluate_answers_names_the_bad_line(kb: Path, reader: Path, tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    path.write_text('{"id": "1", "question": "When?"}\n{"id": "1"}\n', encoding="utf-8")
    done = run("evaluate", "answers", "--kb", kb, "--questions", path, "--reader", reader)
    assert done.exit_code == 1
    assert "questions.jsonl:2: question is missing" in done.stderr


def test_evaluate_reader(reader: Path, tmp_path: Path) -> None:
    qa = {"id": "1", "question": "When?", "answers": [{"text": "8:30", "answer_start": 12}]}
    paragraph = {"context": "It opens at 8:30.", "qas": [qa]}
    data = tmp_path / "squad.json"
    content = {"data": [{"title": "T", "paragraphs": [paragraph]}]}
    data.write_text(json.dumps(content), encoding="utf-8")
    done = run("evaluate", "reader", "--data", data, "--reader", reader, "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["n"] == 1
    assert "exact_match" in run("evaluate", "reader", "--data", data, "--reader", reader).stdout


def test_calibrate_with_too_few_questions_stores_nothing(
    kb: Path, reader: Path, questions: Path
) -> None:
    command = ["calibrate", "--kb", kb, "--questions", questions, "--reader", reader]
    done = run(*command)
    assert done.exit_code == 1
    assert "at least 59 answered questions" in " ".join(done.stdout.split())
    assert not (kb / "bound.json").exists()
    assert json.loads(run(*command, "--json").stdout)["needed"] == 59
    assert run(*command, "--max-wrong", "5").exit_code == 2


def test_calibrate_stores_a_bound_that_asking_reports(
    kb: Path, reader: Path, tmp_path: Path
) -> None:
    # Whatever the random reader quotes first is called right.
    book = OpenBook.open(kb, reader=reader)
    rows: list[dict[str, Any]] = []
    for number in range(60):
        question = f"When does the desk open on day {number}?"
        quote = book.ask(question).answers[0].text
        rows.append({"id": str(number), "question": question, "answers": [quote]})
    path = tmp_path / "labelled.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    try:
        done = run("calibrate", "--kb", kb, "--questions", path, "--reader", reader)
        assert done.exit_code == 1
        assert "none of the 60 labelled questions is unanswerable" in " ".join(done.stdout.split())
        assert not (kb / "bound.json").exists()
        # An empty question gets no candidate: rightly refused.
        rows.append({"id": "none", "question": "", "answerable": False})
        path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
        done = run("calibrate", "--kb", kb, "--questions", path, "--reader", reader, "--json")
        assert done.exit_code == 0, done.output
        shown = json.loads(done.stdout)
        assert (shown["stored"], shown["answered"], shown["wrong"]) == (True, 60, 0)
        assert (shown["state"], shown["least_refused"]) == ("valid", 0.0)
        asked = ["ask", "When?", "--kb", kb, "--json", "--reader"]
        assert json.loads(run(*asked, reader).stdout)["calibration"] == "valid"
        assert json.loads(run(*asked, reader, "--top-k", 2).stdout)["calibration"] == "stale"
        (kb / "bound.json").write_text("{", encoding="utf-8")
        damaged = run(*asked, reader)
        assert damaged.exit_code == 1
        assert "Run frontdesk calibrate again" in damaged.stderr
    finally:
        (kb / "bound.json").unlink(missing_ok=True)


def test_calibrate_adapts_to_a_few_labels_and_promises_nothing(
    kb: Path, reader: Path, tmp_path: Path
) -> None:
    book = OpenBook.open(kb, reader=reader)
    rows: list[dict[str, Any]] = []
    for number in range(24):
        question = f"When does the desk open on day {number}?"
        quote = book.ask(question).answers[0].text
        row = {"answers": [quote]} if number % 4 == 0 else {"answerable": False}
        rows.append({"id": str(number), "question": question, **row})
    path = tmp_path / "few.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    before = book.ask("When does it open?").answers[0].confidence
    try:
        done = run("calibrate", "--kb", kb, "--questions", path, "--reader", reader, "--json")
        assert done.exit_code == 0, done.output
        shown = json.loads(done.stdout)
        assert (shown["state"], shown["base_risk"]) == ("adapted", 0.75)
        assert shown["least_refused"] == pytest.approx(0.7 / 0.95)
        assert "no promise" in shown["message"]
        asked = json.loads(run("ask", "When?", "--kb", kb, "--reader", reader, "--json").stdout)
        assert asked["calibration"] == "adapted"
        after = OpenBook.open(kb, reader=reader).ask("When does it open?").answers[0].confidence
        assert after != before
        # Calibrating again starts from what ships, not from what was stored.
        again = run("calibrate", "--kb", kb, "--questions", path, "--reader", reader, "--json")
        assert json.loads(again.stdout) == shown
    finally:
        (kb / "bound.json").unlink(missing_ok=True)


def test_evaluate_speed(kb: Path, reader: Path) -> None:
    done = run("evaluate", "speed", "--kb", kb, "--reader", reader, "--n", 2, "--json")
    assert done.exit_code == 0, done.output
    measured = json.loads(done.stdout)
    assert list(measured) == ["cold_start_s", "peak_memory_mb", "stages_ms", "n", "signature"]
    assert measured["cold_start_s"] > 0
    assert 50 < measured["peak_memory_mb"] < 700
    assert {"retrieve", "read", "rank", "total"} == set(measured["stages_ms"])
    assert measured["stages_ms"]["read"]["p50"] <= measured["stages_ms"]["read"]["p95"]
