from collections.abc import Callable
from pathlib import Path
from typing import Any

import ir_measures
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ir_measures import nDCG

from retrieval.errors import EvaluationError
from retrieval.workshop.beir import (
    EvaluationQuery,
    read_corpus,
    read_qrels,
    read_queries,
    read_run,
    write_run,
)


def written(folder: Path, content: str | bytes) -> Path:
    path = folder / "file.txt"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_read_corpus_takes_the_text_verbatim(tmp_path: Path) -> None:
    rows = '\ufeff{"_id": "a", "title": "T", "text": " x\\r\\n\u2028y ", "metadata": {}}\r\n\n'
    rows += '{"_id": 7, "text": ""}\n{"_id": "c", "title": null, "text": "z"}'
    articles = read_corpus(written(tmp_path, rows))
    assert [(a.id, a.title, a.body, a.format) for a in articles] == [
        ("a", "T", " x\r\n\u2028y ", "beir"),
        ("7", "", "", "beir"),
        ("c", "", "z", "beir"),
    ]


def test_read_queries_keeps_history(tmp_path: Path) -> None:
    rows = '{"_id": "q1", "text": "x", "extra": 1}\n{"_id": "q2", "text": "y", "history": ["a"]}'
    assert read_queries(written(tmp_path, rows)) == [
        EvaluationQuery("q1", "x"),
        EvaluationQuery("q2", "y", ("a",)),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "query-id\tcorpus-id\tscore\nq 1\td1\t2\nq 1\td2\t0\n",
        "query-id\tcorpus-id\tscore\r\nq 1\td1\t2.0\r\nq 1\td2\t0\r\nq 1\td2\t0",
        "q 1\td1\t2\nq 1\td2\t0",
    ],
)
def test_read_qrels_of_three_columns(text: str, tmp_path: Path) -> None:
    assert read_qrels(written(tmp_path, text)) == {"q 1": {"d1": 2, "d2": 0}}


def test_read_qrels_of_four_columns(tmp_path: Path) -> None:
    text = "q1 0 d1 2\nq1\t0\td2\t-1\n"
    assert read_qrels(written(tmp_path, text)) == {"q1": {"d1": 2, "d2": -1}}


@pytest.mark.parametrize(
    ("read", "content", "message"),
    [
        (read_corpus, "", "no rows in it"),
        (read_corpus, "{", r"file\.txt:1: not JSON"),
        (read_corpus, '{"_id": "a", "text": "x"}\n[]', r"file\.txt:2: '\[\]' isn't a JSON object"),
        (read_corpus, '{"text": "x"}', r":1: _id is None, expected a text that isn't empty"),
        (read_corpus, '{"_id": true, "text": "x"}', r":1: _id is True"),
        (read_corpus, '{"_id": "a"}', r":1: text is None, expected a text"),
        (read_corpus, '{"_id": "a", "text": "x", "title": 5}', r":1: title is 5"),
        (read_corpus, '{"_id": "a", "text": "x"}\n' * 2, r":2: the id 'a' comes twice"),
        (read_corpus, b'{"_id": "a",\n\xff', r":2: not UTF-8 text"),
        (read_queries, '{"_id": "q", "text": "x"}\n' * 2, r":2: the id 'q' comes twice"),
        (read_queries, '{"_id": "q", "text": "x", "history": "y"}', r":1: history is 'y'"),
        (read_queries, '{"_id": "q", "text": "x", "history": [1]}', r":1: history is \[1\]"),
        (read_qrels, "", "no judgements in it"),
        (read_qrels, "query-id\tcorpus-id\tscore\n", "no judgements in it"),
        (read_qrels, "q1 d1", r":1: 'q1 d1' isn't a judgement"),
        (read_qrels, "q1\td1\thigh", r":1: the grade is 'high', expected a whole number"),
        (read_qrels, "q1\td1\t0.5", r":1: the grade is '0.5'"),
        (read_qrels, "q1\td1\tinf", r":1: the grade is 'inf'"),
        (read_qrels, "q1\td1\t1\nq1\td1\t2", r":2: query 'q1' has two grades for article 'd1'"),
        (read_run, "q1 Q0 d1 1 0.5", r":1: 'q1 Q0 d1 1 0.5' isn't a line of a run"),
        (read_run, "q1 Q0 d1 1 high x", r":1: .* isn't a line of a run"),
        (read_run, "q1 Q0 d1 1 nan x", r":1: the score of article 'd1' isn't a number"),
        (read_run, "q1 Q0 d1 1 1 x\nq1 Q0 d1 2 1 x", r":2: query 'q1' has article 'd1' twice"),
    ],
)
def test_readers_name_file_and_line(
    read: Callable[[Path], Any], content: str | bytes, message: str, tmp_path: Path
) -> None:
    with pytest.raises(EvaluationError, match=message):
        read(written(tmp_path, content))


@pytest.mark.parametrize("read", [read_corpus, read_queries, read_qrels, read_run])
def test_readers_name_a_missing_file(read: Callable[[Path], Any], tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match=r"none\.txt' can't be read .*check the path"):
        read(tmp_path / "none.txt")


def test_read_run_orders_as_trec_eval_does(tmp_path: Path) -> None:
    text = "q1 Q0 a 1 0.5 x\nq1 Q0 c 9 0.9 x\nq1 Q0 b 2 0.5 x\nq2 Q0 a 1 -1 x\n"
    assert read_run(written(tmp_path, text)) == {"q1": ["c", "b", "a"], "q2": ["a"]}


RANKINGS = st.lists(
    st.tuples(
        st.sampled_from("abcdefgh"),
        # Equal in double precision, equal in single precision alone, and apart.
        st.sampled_from([0.1, 0.1 + 1e-12, 0.0, 1 / 3, -2.5, 1e-9]),
    ),
    unique_by=lambda pair: pair[0],
)


@given(RANKINGS)
def test_write_run_keeps_our_order_for_trec_eval(
    tmp_path_factory: pytest.TempPathFactory, ranking: list[tuple[str, float]]
) -> None:
    ranking.sort(key=lambda pair: (-pair[1], pair[0]))
    path = tmp_path_factory.mktemp("run") / "run.txt"
    write_run(path, {"q1": ranking, "q2": []}, tag="test")
    names = [article for article, _ in ranking]
    assert read_run(path) == ({"q1": names} if names else {})
    if names:
        # Grades that make every other order score differently.
        qrels = {"q1": {name: len(names) - place for place, name in enumerate(names)}}
        run = list(ir_measures.read_trec_run(str(path)))
        assert ir_measures.calc_aggregate([nDCG], qrels, run)[nDCG] == pytest.approx(1)


@pytest.mark.parametrize(("query", "article"), [("q 1", "a"), ("q1", "a\tb"), ("q1", "")])
def test_write_run_refuses_ids_with_white_space(query: str, article: str, tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="holds white space, which a TREC run can't express"):
        write_run(tmp_path / "run.txt", {query: [(article, 1.0)]}, tag="test")
    assert not (tmp_path / "run.txt").exists()
