"""Write public data sets in the formats that `frontdesk evaluate` reads.

    python tests/bench/make_sets.py OUT

Reads $FRONTDESK_SHARED_DATA, or `shared/data` beside the checkout, and writes

- OUT/squad/questions.jsonl: 500 questions of SQuAD's development set for `evaluate
  answers` over an index of the 490 articles behind SQuAD, each a file `TITLE.txt`;
- OUT/squad/{corpus,queries}.jsonl, qrels.tsv: the same questions for `evaluate retrieval`;
  an entry of the corpus is a paragraph, the relevant one is the question's own;
- OUT/squad/more-questions.jsonl: 2,000 further ones, for `measure_contract.py`;
- OUT/squad/dev-v2.0-report.json: the half of SQuAD 2.0's articles that no threshold was
  chosen on, for `evaluate reader`;
- OUT/squad/held-out.json: 2,400 questions of the 40 articles that no reader is trained on, for
  choosing between readers;
- OUT/mtrag/{corpus,queries}.jsonl, qrels.tsv: MT-RAG's govt and clapnq searched together
  with the queries that people rewrote to stand alone;
- OUT/mtrag/PART/{last_turn,rewritten}.jsonl, qrels.tsv, PART being govt or clapnq: the second
  and later turns of each conversation, as they were asked (with the user's earlier turns as
  "history") and as a person rewrote them. They are searched in OUT/mtrag/corpus.jsonl.
"""

from __future__ import annotations

import json
import os
import random
import sys
from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from qa.workshop.scoring.squad import developing_titles, held_out_titles, load_squad
from qa.workshop.training.recipe import Recipe

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("FRONTDESK_SHARED_DATA") or ROOT.parent / "shared" / "data")
N_QUESTIONS = 500
N_MORE = 2000
N_HELD_OUT = 2400


def write_lines(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write JSON lines."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8"
    )


def write_qrels(path: Path, rows: Iterable[tuple[str, str, str]]) -> None:
    """Write judgements as BEIR has them."""
    lines = ["query-id\tcorpus-id\tscore", *("\t".join(row) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def squad(out: Path) -> None:
    """Draw 500 questions by the hash of their ids, and take every article's paragraphs."""
    content = json.loads((SHARED / "squad" / "dev-v1.1.json").read_text("utf-8"))["data"]
    articles = sorted((SHARED / "squad" / "articles").glob("*.txt"))
    corpus: list[dict[str, str]] = []
    places: dict[str, str] = {}
    for path in articles:
        for number, line in enumerate(path.read_text("utf-8").splitlines()):
            if line.strip():
                place = f"{path.stem}/{number}"
                corpus.append({"_id": place, "title": path.stem.replace("_", " "), "text": line})
                places.setdefault(line.strip(), place)
    known = {path.stem for path in articles}
    asked = [
        (question, paragraph["context"].strip(), entry["title"])
        for entry in content
        if entry["title"] in known
        for paragraph in entry["paragraphs"]
        if paragraph["context"].strip() in places
        for question in paragraph["qas"]
    ]
    asked.sort(key=lambda each: sha256(each[0]["id"].encode()).hexdigest())
    drawn = asked[:N_QUESTIONS]
    for name, some in (
        ("questions.jsonl", drawn),
        ("more-questions.jsonl", asked[N_QUESTIONS : N_QUESTIONS + N_MORE]),
    ):
        write_lines(
            out / name,
            (
                {
                    "id": question["id"],
                    "question": question["question"],
                    "answers": sorted({answer["text"] for answer in question["answers"]}),
                    "article_ids": [f"{title}.txt"],
                }
                for question, _, title in some
            ),
        )
    write_lines(out / "corpus.jsonl", corpus)
    write_lines(
        out / "queries.jsonl",
        ({"_id": question["id"], "text": question["question"]} for question, _, _ in drawn),
    )
    write_qrels(
        out / "qrels.tsv", ((question["id"], places[text], "1") for question, text, _ in drawn)
    )
    print(f"squad: {len(asked)} questions to draw from, {len(drawn)} drawn")  # noqa: T201
    print(f"squad: {len(corpus)} paragraphs of {len(articles)} articles")  # noqa: T201


def squad2(out: Path) -> None:
    """Keep the second half of the articles by title: settings were chosen on the first."""
    path = SHARED / "squad" / "dev-v2.0.json"
    content = json.loads(path.read_text("utf-8"))
    developed_on = developing_titles(load_squad(path).examples)
    kept = [entry for entry in content["data"] if entry["title"] not in developed_on]
    write_lines(out / "dev-v2.0-report.json", [{**content, "data": kept}])
    n = sum(len(paragraph["qas"]) for entry in kept for paragraph in entry["paragraphs"])
    print(f"squad 2.0: {n} questions of {len(kept)} articles")  # noqa: T201


def held_out(out: Path) -> None:
    """Draw questions of the articles that training holds out."""
    path = SHARED / "squad" / "train-v1.1.json"
    titles = held_out_titles(load_squad(path).examples, Recipe().held_out_articles)
    content = json.loads(path.read_text("utf-8"))
    kept = [entry for entry in content["data"] if entry["title"] in titles]
    paragraphs = [paragraph for entry in kept for paragraph in entry["paragraphs"]]
    places = [
        (i, k) for i, paragraph in enumerate(paragraphs) for k in range(len(paragraph["qas"]))
    ]
    drawn = set(random.Random(5).sample(places, N_HELD_OUT))
    for i, paragraph in enumerate(paragraphs):
        paragraph["qas"] = [q for k, q in enumerate(paragraph["qas"]) if (i, k) in drawn]
    for entry in kept:
        entry["paragraphs"] = [paragraph for paragraph in entry["paragraphs"] if paragraph["qas"]]
    write_lines(out / "held-out.json", [{"version": "1.1", "data": kept}])
    print(f"squad: {len(drawn)} held-out questions of {len(kept)} articles")  # noqa: T201


def mtrag(out: Path) -> None:
    """Put the two collections together, ids prefixed with the collection's name."""
    corpus, queries, judged = [], [], []
    for part in ("govt", "clapnq"):
        folder = SHARED / "mtrag" / part
        for line in (folder / "corpus.jsonl").read_text("utf-8").splitlines():
            row = json.loads(line)
            corpus.append({**row, "_id": f"{part}:{row['_id']}"})
        header, *lines = (folder / "qrels.tsv").read_text("utf-8").splitlines()
        if not header.startswith("query-id"):
            lines.insert(0, header)
        triples = [line.split("\t") for line in lines]
        judged += [
            (f"{part}:{query}", f"{part}:{article}", grade) for query, article, grade in triples
        ]
        with_judgement = {query for query, _, _ in triples}
        for line in (folder / "queries_rewrite.jsonl").read_text("utf-8").splitlines():
            row = json.loads(line)
            if row["_id"] in with_judgement:
                text = row["text"].replace("|user|:", "").strip()
                queries.append({"_id": f"{part}:{row['_id']}", "text": text})
    write_lines(out / "corpus.jsonl", corpus)
    write_lines(out / "queries.jsonl", queries)
    write_qrels(out / "qrels.tsv", judged)
    print(f"mtrag: {len(queries)} queries over {len(corpus)} passages")  # noqa: T201


def follow_ups(out: Path) -> None:
    """Take the later turns of each conversation, with what the user said before."""
    for part in ("govt", "clapnq"):
        folder = SHARED / "mtrag" / part
        asked, rewritten = [], []
        people = dict(_queries(folder / "queries_rewrite.jsonl"))
        for query, turns in _queries(folder / "queries_questions.jsonl"):
            *history, last = turns
            if history:
                asked.append({"_id": f"{part}:{query}", "text": last, "history": history})
                rewritten.append({"_id": f"{part}:{query}", "text": " ".join(people[query])})
        write_lines(out / part / "last_turn.jsonl", asked)
        write_lines(out / part / "rewritten.jsonl", rewritten)
        later = {row["_id"] for row in asked}
        judged = [
            (f"{part}:{query}", f"{part}:{article}", grade)
            for query, article, grade in _judgements(folder / "qrels.tsv")
        ]
        write_qrels(out / part / "qrels.tsv", (row for row in judged if row[0] in later))
        print(f"mtrag {part}: {len(asked)} later turns")  # noqa: T201


def _queries(path: Path) -> Iterable[tuple[str, list[str]]]:
    """Yield each query's id and its turns without the marks of who speaks."""
    for line in path.read_text("utf-8").splitlines():
        row = json.loads(line)
        turns = [turn.strip() for turn in row["text"].split("|user|:")]
        yield row["_id"], [turn for turn in turns if turn]


def _judgements(path: Path) -> list[tuple[str, str, str]]:
    rows = [line.split("\t") for line in path.read_text("utf-8").splitlines()]
    return [(query, article, grade) for query, article, grade in rows if query != "query-id"]


def main() -> None:
    """Write all."""
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    if not SHARED.is_dir():
        sys.exit(f"There are no data sets at {str(SHARED)!r}: set FRONTDESK_SHARED_DATA.")
    squad(Path(sys.argv[1]) / "squad")
    squad2(Path(sys.argv[1]) / "squad")
    held_out(Path(sys.argv[1]) / "squad")
    mtrag(Path(sys.argv[1]) / "mtrag")
    follow_ups(Path(sys.argv[1]) / "mtrag")


if __name__ == "__main__":
    main()
