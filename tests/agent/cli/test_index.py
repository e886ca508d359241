"""index, info, rollback, article and evaluate retrieval, as typed."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from agent.cli.entry import app


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def good(*arguments: object) -> Result:
    done = run(*arguments)
    assert done.exit_code == 0, done.output
    return done


def printed(*arguments: object) -> Any:
    return json.loads(good(*arguments, "--json").stdout)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A folder of six articles in Markdown and JSON Lines, two of them restricted."""
    folder = tmp_path / "source"
    (folder / "it").mkdir(parents=True)
    (folder / "vpn.md").write_text(
        "---\nid: vpn\ntitle: Connect to the VPN\n---\nOpen the VPN client.\n\n## Windows\n\n"
        "1. Open the start menu.\n2. Choose the client.\n\n## Mac\n\nOpen Launchpad – then café.\n",
        encoding="utf-8",
    )
    (folder / "it" / "wifi.md").write_text(
        "# Wi-Fi\n\nChoose Guest. Ask for 🔑.\n", encoding="utf-8"
    )
    (folder / "it" / "printers.md").write_text("# Printers\n\nThey are on floor 2.\n", "utf-8")
    rows = (
        {"id": "leave", "title": "Leave", "body": "Ask for paid time off.", "audience": ["staff"]},
        {"id": "salary", "title": "Salary", "body": "Bands are set in May.", "audience": ["hr"]},
        {"id": "lunch", "title": "Lunch", "body": "Soup is served at noon.\nBread is free."},
    )
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (folder / "hr.jsonl").write_text(lines, encoding="utf-8")
    return folder


@pytest.fixture
def kb(tmp_path: Path) -> Path:
    return tmp_path / "kb"


@pytest.fixture
def built(source: Path, kb: Path, tiny_encoder: Path) -> Path:
    good("index", source, "--kb", kb, "--encoder", tiny_encoder)
    return kb


def test_index_reports_in_few_lines(source: Path, kb: Path, tiny_encoder: Path) -> None:
    first = good("index", source, "--kb", kb, "--encoder", tiny_encoder)
    assert "Generation 000001: 6 articles, " in first.stdout
    assert "6 added, 0 edited, 0 removed, 0 unchanged; " in first.stdout
    assert f'frontdesk ask "how do I ...?" --kb {kb}' in first.stdout
    assert first.stderr == ""
    again = good("index", source, "--kb", kb)
    assert again.stdout.startswith("Nothing changed: generation 000001 stands (6 articles, ")
    other = good("index", source, "--kb", kb, "--chunk-tokens", "40", "--overlap-tokens", "5")
    assert "Everything was built anew: passages are cut differently now." in other.stdout


def test_index_prints_json(source: Path, kb: Path, tiny_encoder: Path) -> None:
    report = printed("index", source, "--kb", kb, "--encoder", tiny_encoder)
    assert report["generation"] == "000001"
    assert (report["articles"], report["added"], report["rejected"]) == (6, 6, [])
    assert report["built"] is True
    assert report["rebuilt"] is None


def test_index_names_bad_input_and_exits_1(source: Path, kb: Path, tiny_encoder: Path) -> None:
    with (source / "hr.jsonl").open("a", encoding="utf-8") as file:
        file.write("{\n")
    (source / "blank.md").write_text("\n", "utf-8")
    done = run("index", source, "--kb", kb, "--encoder", tiny_encoder)
    assert done.exit_code == 1
    assert f"rejected: {source / 'hr.jsonl'}:4: " in done.stderr
    assert "rejected: 1, named above; the others are indexed" in done.stdout
    assert "left out: 1 empty" in done.stdout
    as_json = run("index", source, "--kb", kb, "--json")
    assert as_json.exit_code == 1
    report = json.loads(as_json.stdout)
    assert report["rejected"][0]["line"] == 4
    assert report["skipped"] == {"empty": 1}


def test_index_passes_its_options_on(
    source: Path, kb: Path, tmp_path: Path, tiny_encoder: Path
) -> None:
    notes = tmp_path / "notes.txt"
    notes.write_text("The code is 1234.", "utf-8")
    csv = tmp_path / "synonyms.csv"
    csv.write_text("PTO,paid time off\n", "utf-8")
    good("index", source, "--kb", kb, "--encoder", tiny_encoder, "--synonyms", csv)
    good("index", notes, "--kb", kb, "--add", "--audience", "staff", "--audience", "hr")
    assert printed("info", "--kb", kb)["articles"] == 7
    assert run("article", "notes.txt", "--kb", kb).exit_code == 1
    assert good("article", "notes.txt", "--kb", kb, "--role", "hr").stdout == "The code is 1234."
    stored = kb / "generations" / "000002" / "synonyms.json"
    assert json.loads(stored.read_bytes()) == [["PTO", "paid time off"]]
    good("index", source, "--kb", kb, "--no-synonyms")
    stored = kb / "generations" / "000003" / "synonyms.json"
    assert json.loads(stored.read_bytes()) == []
    (source / "bad.jsonl").write_text("{", "utf-8")
    strict = run("index", source, "--kb", kb, "--strict")
    assert strict.exit_code == 1
    assert "bad.jsonl:1" in strict.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["index", "a"], "--kb"),
        (["index", "--kb", "kb"], "source"),
        (["index", "a", "--kb", "kb", "--synonyms", "s", "--no-synonyms"], "exclude each other"),
        (["index", "a", "--kb", "kb", "--audience", " "], "--audience is ' '"),
        (["index", "a", "--kb", "kb", "--chunk-tokens", "many"], "--chunk-tokens"),
        (["info"], "--kb"),
        (["article", "--kb", "kb"], "ID"),
        (["evaluate", "retrieval", "--retriever", "x"], "x"),
    ],
)
def test_wrong_usage_exits_2(arguments: list[str], message: str) -> None:
    done = run(*arguments)
    assert done.exit_code == 2
    assert message.lower() in done.output.lower()


def test_index_words_what_it_will_not_do(source: Path, kb: Path, built: Path) -> None:
    missing = run("index", source / "nowhere", "--kb", kb.parent / "kb2")
    assert (missing.exit_code, missing.stdout) == (1, "")
    assert "nowhere" in missing.stderr
    shutil.rmtree(source)
    source.mkdir()
    emptied = run("index", source, "--kb", kb)
    assert emptied.exit_code == 1
    assert "--yes" in emptied.stderr
    assert good("index", source, "--kb", kb, "--yes").stdout.startswith("Generation 000002: 0 art")


def test_info_shows_counts_and_health(built: Path, source: Path) -> None:
    shown = good("info", "--kb", built).stdout
    assert "articles        6 (jsonl 3, markdown 3)" in shown
    assert "health          good" in shown
    # Whatever this machine can do: that it is told, and why.
    assert re.search(r"^second reading  .* (alone: |checks the small one's)", shown, re.MULTILINE)
    described = printed("info", "--kb", built)
    assert described["generation"] == "000001"
    assert described["articles"] == 6
    assert described["formats"] == {"jsonl": 3, "markdown": 3}
    assert described["encoder"].startswith("tiny@")
    assert described["healthy"] is True
    assert described["generations"] == ["000001"]
    assert described["sources"] == [{"path": str(source.resolve()), "articles": 6}]


def test_info_names_no_article(built: Path) -> None:
    output = good("info", "--kb", built).output + good("info", "--kb", built, "--json").output
    for text in ("salary", "Salary", "leave", "vpn", "wifi", "Bands"):
        assert text not in output


@pytest.mark.parametrize("part", ["bodies.bin", "manifest.json", "terms/counts.npy"])
def test_info_of_a_damaged_index_exits_1(built: Path, part: str) -> None:
    path = built / "generations" / "000001" / part
    path.write_bytes(path.read_bytes()[:-1])
    done = run("info", "--kb", built, "--json")
    assert done.exit_code == 1
    described = json.loads(done.stdout)
    assert described["healthy"] is False
    assert described["problems"]
    text = run("info", "--kb", built)
    assert text.exit_code == 1
    assert "health          damaged" in text.stdout
    assert "damaged: " in text.stderr


def test_info_needs_a_knowledge_base(kb: Path) -> None:
    missing = run("info", "--kb", kb)
    assert missing.exit_code == 1
    assert repr(str(kb)) in missing.stderr


def test_rollback_says_where_it_went(built: Path, source: Path) -> None:
    (source / "new.txt").write_text("All new.", "utf-8")
    good("index", source, "--kb", built)
    assert (
        good("rollback", "--kb", built).stdout
        == "Generation 000001 answers again; 000002 was left.\n"
    )
    assert printed("info", "--kb", built)["articles"] == 6
    assert run("rollback", "--kb", built).exit_code == 1
    (source / "new.txt").write_text("Newer.", "utf-8")
    good("index", source, "--kb", built)
    assert printed("rollback", "--kb", built) == {"left": "000003", "generation": "000001"}


def test_article_prints_the_body_exactly(kb: Path, tmp_path: Path, tiny_encoder: Path) -> None:
    body = "Öne\r\n\ttwo 🔑 \u2028\n\n"
    source = tmp_path / "a.jsonl"
    source.write_text(json.dumps({"id": "a b/ü", "title": "A", "body": body}), "utf-8")
    good("index", source, "--kb", kb, "--encoder", tiny_encoder)
    assert good("article", "a b/ü", "--kb", kb).stdout_bytes == body.encode("utf-8")
    assert printed("article", "a b/ü", "--kb", kb)["body"] == body


def test_article_says_the_same_of_hidden_and_absent_ones(built: Path) -> None:
    hidden, absent = run("article", "salary", "--kb", built), run("article", "none", "--kb", built)
    for done in (hidden, absent):
        assert (done.exit_code, done.stdout) == (1, "")
    assert hidden.stderr.replace("salary", "none") == absent.stderr
    assert "May" in good("article", "salary", "--kb", built, "--role", "hr").stdout


@pytest.mark.parametrize("retriever", ["bm25", "dense", "hybrid"])
def test_evaluate_retrieval_prints_scores(
    tmp_path: Path, tiny_encoder: Path, retriever: str
) -> None:
    rows = [
        {"_id": "a", "title": "", "text": "Soup is hot."},
        {"_id": "b", "title": "", "text": "Ice."},
    ]
    corpus, queries, qrels = (tmp_path / name for name in ("c.jsonl", "q.jsonl", "qrels.tsv"))
    corpus.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    queries.write_text(json.dumps({"_id": "1", "text": "soup", "history": ["hot"]}), "utf-8")
    qrels.write_text("query-id\tcorpus-id\tscore\n1\ta\t1\n", "utf-8")
    arguments = [
        *("evaluate", "retrieval", "--corpus", corpus, "--queries", queries, "--qrels", qrels),
        *("--retriever", retriever, "--encoder", tiny_encoder),
    ]
    scores = printed(*arguments, "--follow-ups", "--predictions", tmp_path / "run.txt")
    assert scores["n"] == 1
    assert set(scores) == {
        *("recall@1", "recall@5", "recall@20", "mrr@10", "ndcg@10", "n", "signature")
    }
    assert scores["recall@5"] == 1.0
    assert (tmp_path / "run.txt").read_text("utf-8").startswith("1 Q0 ")
    assert re.search(r"^ ?recall@5 +1\.000 *$", good(*arguments).stdout, re.MULTILINE)


def test_a_fault_that_many_files_have_is_said_once(source: Path, kb: Path) -> None:
    for number in range(9):
        (source / f"x{number}.md").write_text("---\naudience: {a: b}\n---\nText.", "utf-8")
    done = run("index", source, "--kb", kb)
    assert done.exit_code == 1
    assert done.stderr.count("audience is a mapping") == 1
    assert "rejected: 9 times: " in done.stderr
    assert "x0.md:2" in done.stderr
    assert "and 7 more" in done.stderr
