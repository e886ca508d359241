import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from retrieval.encoding.cache import default_cache_folder
from retrieval.errors import EvaluationError
from retrieval.workshop.evaluation import evaluate_retrieval

CORPUS = [
    {"_id": "vpn", "title": "VPN", "text": "Open the VPN client. Sign in with your token."},
    {"_id": "wifi", "title": "Wi-Fi", "text": "The wi-fi password is on the wall."},
    {"_id": "leave", "title": "Leave", "text": "Ask your manager for paid time off."},
    {"_id": "empty", "title": "Nothing", "text": ""},
]
QUERIES = [
    {"_id": "q1", "text": "vpn client"},
    {"_id": "q2", "text": "how does it reach the wall?", "history": ["tell me about the wi-fi"]},
]
QRELS = "query-id\tcorpus-id\tscore\nq1\tvpn\t1\nq2\twifi\t1\nq2\tleave\t0\n"
NAMES = {"recall@1", "recall@5", "recall@20", "mrr@10", "ndcg@10"}


class Files:
    """BEIR files in a folder, to be changed before they are read."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.corpus, self.queries = list(CORPUS), list(QUERIES)
        self.qrels = QRELS

    def evaluate(self, encoder: Any, **options: Any) -> dict[str, Any]:
        paths = [self.folder / name for name in ("corpus.jsonl", "queries.jsonl", "qrels.tsv")]
        paths[0].write_text("\n".join(json.dumps(row) for row in self.corpus))
        paths[1].write_text("\n".join(json.dumps(row) for row in self.queries))
        paths[2].write_text(self.qrels)
        return evaluate_retrieval(*paths, encoder=encoder, **options)


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


@pytest.mark.parametrize("retriever", ["bm25", "dense", "hybrid"])
def test_evaluate_retrieval_scores_every_retriever(
    retriever: str, files: Files, fake_encoder: Any
) -> None:
    result = files.evaluate(fake_encoder, retriever=retriever)
    assert set(result) == NAMES | {"n", "signature"}
    assert result["n"] == 2
    assert all(0 <= result[name] <= 1 for name in NAMES)
    assert result["recall@5"] == 1


def test_evaluate_retrieval_is_reproducible(files: Files, fake_encoder: Any) -> None:
    assert files.evaluate(fake_encoder) == files.evaluate(fake_encoder)


def test_evaluate_retrieval_collapses_passages_before_the_cut(
    files: Files, fake_encoder: Any
) -> None:
    # A long article that fills the first places with its passages is one article.
    long = "\n\n".join(
        f"The vpn client number {number}. " + "vpn client " * 90 for number in range(40)
    )
    files.corpus.append({"_id": "long", "title": "", "text": long})
    files.qrels = "q1\tvpn\t1\nq2\twifi\t1\n"
    result = files.evaluate(fake_encoder, retriever="bm25")
    assert result["recall@5"] == 1
    assert result["mrr@10"] >= 0.5


def test_evaluate_retrieval_looks_on_for_twenty_articles(files: Files, fake_encoder: Any) -> None:
    # One article holds far more than the first hundred passages.
    long = "\n\n".join("vpn client " * 90 for number in range(150))
    files.corpus.append({"_id": "long", "title": "", "text": long})
    assert files.evaluate(fake_encoder, retriever="bm25")["recall@5"] == 1


def test_evaluate_retrieval_counts_an_empty_article_as_not_found(
    files: Files, fake_encoder: Any
) -> None:
    files.qrels = "q1\tempty\t1\nq2\twifi\t1\n"
    assert files.evaluate(fake_encoder, retriever="bm25")["recall@20"] == 0.5


def test_evaluate_retrieval_caches_encodings(
    files: Files, fake_encoder: Any, tmp_path: Path
) -> None:
    first = files.evaluate(fake_encoder, retriever="dense", cache=tmp_path / "cache")
    assert fake_encoder.encoded
    fake_encoder.encoded.clear()
    again = files.evaluate(fake_encoder, retriever="dense", cache=tmp_path / "cache")
    assert fake_encoder.encoded == []
    assert again == first


def test_evaluate_retrieval_keeps_encodings_in_the_users_cache_folder(
    files: Files, fake_encoder: Any
) -> None:
    files.evaluate(fake_encoder, retriever="dense")
    assert list(default_cache_folder().glob("encodings/*.sqlite3"))


@pytest.mark.parametrize("retriever", ["bm25", "hybrid"])
def test_evaluate_retrieval_writes_a_run_that_scores_the_same(
    retriever: str, files: Files, fake_encoder: Any, tmp_path: Path
) -> None:
    run = tmp_path / "run.trec"
    searched = files.evaluate(fake_encoder, retriever=retriever, predictions=run)
    fake_encoder.encoded.clear()
    written = run.read_bytes()
    assert written.startswith(b"q1 Q0 ")
    scored = files.evaluate(None, retriever=retriever, predictions=run)
    assert fake_encoder.encoded == []
    assert run.read_bytes() == written
    assert {name: scored[name] for name in NAMES} == {name: searched[name] for name in NAMES}
    assert scored["signature"] != searched["signature"]


def test_evaluate_retrieval_scores_the_run_of_another_system(files: Files, tmp_path: Path) -> None:
    run = tmp_path / "run.trec"
    run.write_text("q1 Q0 wifi 1 2.0 other\nq1 Q0 vpn 2 1.0 other\n")
    result = files.evaluate(None, predictions=run)
    # q1 has its article second; q2 found nothing and counts.
    assert (result["recall@1"], result["mrr@10"], result["n"]) == (0, 0.25, 2)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("q9 Q0 vpn 1 1 x", "results for the query 'q9', which wasn't asked"),
        ("q1 Q0 vnp 1 1 x", "names the article 'vnp' for query 'q1'"),
    ],
)
def test_evaluate_retrieval_refuses_a_run_of_other_data(
    line: str, message: str, files: Files, tmp_path: Path
) -> None:
    (tmp_path / "run.trec").write_text(line)
    with pytest.raises(EvaluationError, match=message):
        files.evaluate(None, predictions=tmp_path / "run.trec")


def test_evaluate_retrieval_makes_follow_ups_whole(files: Files, fake_encoder: Any) -> None:
    asked: list[tuple[Sequence[str], str]] = []

    def rewrite(history: Sequence[str], text: str) -> str:
        asked.append((tuple(history), text))
        return "wi-fi password"

    result = files.evaluate(fake_encoder, retriever="bm25", follow_ups=True, rewrite=rewrite)
    # A query without history is whole already.
    assert asked == [(("tell me about the wi-fi",), "how does it reach the wall?")]
    assert result["recall@1"] == 1


def test_evaluate_retrieval_without_follow_ups_ignores_history(
    files: Files, fake_encoder: Any
) -> None:
    def rewrite(history: Sequence[str], text: str) -> str:
        raise RuntimeError("nobody asked for it")

    files.evaluate(fake_encoder, retriever="bm25", rewrite=rewrite)


def test_evaluate_retrieval_refuses_follow_ups_without_the_agent(
    files: Files, fake_encoder: Any
) -> None:
    with pytest.raises(EvaluationError, match=r"follow-ups can't be made whole .* leave out"):
        files.evaluate(fake_encoder, follow_ups=True)


@pytest.mark.parametrize(
    ("qrels", "message"),
    [
        ("q1\tvpn\t1\n", "1 of 2 queries .* have no judgement in .* the first is 'q2'"),
        (QRELS + "q3\tvpn\t1\n", "1 of 3 queries judged in .* the first is 'q3'"),
        (QRELS + "q1\tvnp\t1\n", "judges the article 'vnp' for query 'q1'"),
    ],
)
def test_evaluate_retrieval_refuses_files_that_do_not_fit(
    qrels: str, message: str, files: Files, fake_encoder: Any
) -> None:
    files.qrels = qrels
    with pytest.raises(EvaluationError, match=message):
        files.evaluate(fake_encoder)


def test_evaluate_retrieval_refuses_a_corpus_without_text(files: Files, fake_encoder: Any) -> None:
    files.corpus = [{"_id": name, "text": " "} for name in ("vpn", "wifi", "leave")]
    with pytest.raises(EvaluationError, match="no article of the corpus has any text"):
        files.evaluate(fake_encoder)


def test_evaluate_retrieval_refuses_an_unknown_retriever(files: Files, fake_encoder: Any) -> None:
    with pytest.raises(EvaluationError, match="retriever is 'splade', expected 'hybrid'"):
        files.evaluate(fake_encoder, retriever="splade")
