"""Which fusion is best, on several sets: the table in docs/retrieval.md.

    python tests/bench/measure_fusion.py [--sets mtrag sample csc ...] [--all] [--typos]

Reads the public data sets from $FRONTDESK_SHARED_DATA, or from `shared/data` beside the
checkout, and our sample knowledge base. Encodings are kept between runs (see
`encoding_cache.py`), so that only the first takes minutes.

- mtrag: MT-RAG, the people's rewritten queries over govt and clapnq together.
- squad: 500 questions over the paragraphs of 100 articles of SQuAD's training set.
  The encoder was trained on SQuAD: its dense leg looks better here than it is.
- dstc11: turns about one hotel or restaurant, asked with its name, over all FAQs and reviews.
- doc2dial: first turns, over the public services' pages whole.
- csc, arduino, ...: a help desk's questions that have an answer, over its articles.
- sample: the questions of our sample knowledge base that have an answer, with every role.
`--typos` puts two typing errors into each question (swapped, dropped, doubled or neighbouring
letters, seed 1) and tells what that costs.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from retrieval.articles import load_articles
from retrieval.encoding.cache import CachedEncoder, default_cache_folder
from retrieval.encoding.encoder import embedding_text, load_encoder
from retrieval.passages.chunking import ChunkSettings, cut
from retrieval.search.access import Audiences
from retrieval.search.analysis import Analyser
from retrieval.search.article_means import ArticleMeans
from retrieval.search.bm25 import lexical_index, lexical_text
from retrieval.search.dense import DenseIndex
from retrieval.search.fusion import Fusion
from retrieval.search.hybrid import DenseLeg, HybridRetriever, LexicalLeg
from retrieval.search.spelling import words_known_to
from retrieval.search.synonyms import NO_SYNONYMS, Synonyms
from retrieval.search.term_counts import TermCounts
from retrieval.types import Article, Retriever
from retrieval.workshop.beir import read_corpus, read_qrels, read_queries
from retrieval.workshop.metrics import collapse, score_run

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("FRONTDESK_SHARED_DATA") or ROOT.parent / "shared" / "data")
SEED = 11
SQUAD_ARTICLES, SQUAD_QUESTIONS = 100, 500
PASSAGES = 100
WEIGHTS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8)


@dataclass(frozen=True)
class Task:
    """A pool of articles and questions over it."""

    articles: Sequence[Article]
    queries: dict[str, str]
    qrels: dict[str, dict[str, int]]
    synonyms: Synonyms = NO_SYNONYMS
    parts: tuple[str, ...] = ("",)
    """Prefixes of query ids that are reported apart."""


def mtrag() -> Task:
    articles: list[Article] = []
    queries: dict[str, str] = {}
    qrels: dict[str, dict[str, int]] = {}
    for part in ("govt", "clapnq"):
        folder = SHARED / "mtrag" / part
        articles += [
            replace(article, id=f"{part}:{article.id}")
            for article in read_corpus(folder / "corpus.jsonl")
        ]
        for query in read_queries(folder / "queries_rewrite.jsonl"):
            queries[f"{part}:{query.id}"] = query.text.replace("|user|:", "").strip()
        for query_id, grades in read_qrels(folder / "qrels.tsv").items():
            qrels[f"{part}:{query_id}"] = {
                f"{part}:{article}": grade for article, grade in grades.items()
            }
    return Task(articles, queries, qrels, parts=("govt:", "clapnq:"))


def squad() -> Task:
    content = json.loads((SHARED / "squad" / "train-v1.1.json").read_text("utf-8"))["data"]
    chosen = random.Random(SEED).sample(content, SQUAD_ARTICLES)
    articles, asked = [], []
    for entry in chosen:
        for number, paragraph in enumerate(entry["paragraphs"]):
            name = f"{entry['title']}/{number}"
            articles.append(Article(name, entry["title"].replace("_", " "), paragraph["context"]))
            asked += [(question["id"], question["question"], name) for question in paragraph["qas"]]
    asked = random.Random(SEED).sample(asked, SQUAD_QUESTIONS)
    return Task(
        articles,
        {question_id: text for question_id, text, _ in asked},
        {question_id: {name: 1} for question_id, _, name in asked},
    )


def dstc11() -> Task:
    folder = SHARED / "dstc11_track5" / "data"
    knowledge = json.loads((folder / "knowledge.json").read_text("utf-8"))
    articles = []
    for domain, entities in knowledge.items():
        for entity_id, entity in entities.items():
            for number, faq in entity.get("faqs", {}).items():
                body = f"{faq['question']}\n{faq['answer']}"
                articles.append(Article(f"{domain}/{entity_id}/faq/{number}", entity["name"], body))
            for number, review in entity.get("reviews", {}).items():
                body = " ".join(review["sentences"].values())
                articles.append(
                    Article(f"{domain}/{entity_id}/review/{number}", entity["name"], body)
                )
    logs = json.loads((folder / "val" / "logs.json").read_text("utf-8"))
    labels = json.loads((folder / "val" / "labels.json").read_text("utf-8"))
    queries, qrels = {}, {}
    for number, (turns, label) in enumerate(zip(logs, labels, strict=True)):
        snippets = label.get("knowledge", [])
        entities = {(each["domain"], each["entity_id"]) for each in snippets}
        if len(entities) != 1 or all(each["doc_type"] == "review" for each in snippets):
            continue
        ((domain, entity_id),) = entities
        name = knowledge[domain][str(entity_id)]["name"]
        queries[f"turn-{number}"] = f"{name}: {turns[-1]['text']}"
        qrels[f"turn-{number}"] = {
            f"{domain}/{entity_id}/{each['doc_type']}/{each['doc_id']}": 1 for each in snippets
        }
    return Task(articles, queries, qrels)


def sample() -> Task:
    loaded = load_articles([ROOT / "data" / "articles"])
    known = {article.id for article in loaded.articles}
    queries, qrels = {}, {}
    for line in (ROOT / "data" / "questions.jsonl").read_text("utf-8").splitlines():
        row: dict[str, Any] = json.loads(line)
        if row.get("answerable", True) and known.issuperset(row.get("article_ids") or ["?"]):
            queries[row["id"]] = row["question"]
            qrels[row["id"]] = dict.fromkeys(row["article_ids"], 1)
    synonyms = Synonyms.load(ROOT / "data" / "synonyms.csv")
    return Task(loaded.articles, queries, qrels, synonyms)


def doc2dial() -> Task:
    folder = SHARED / "doc2dial"
    rows = list(map(json.loads, (folder / "queries-first-turn.jsonl").open(encoding="utf-8")))
    return Task(
        read_corpus(folder / "corpus.jsonl"),
        {row["_id"]: row["text"] for row in rows},
        {row["_id"]: {row["doc"]: 1} for row in rows},
    )


def helpdesk(name: str) -> Task:
    folder = SHARED / "helpdesk" / name
    handbook = SHARED / "kb_18f_handbook" / "pages"
    loaded = load_articles([handbook if name == "18f" else folder / "articles"])
    known = {article.id for article in loaded.articles}
    rows = list(map(json.loads, (folder / "questions.jsonl").open(encoding="utf-8")))
    qrels = {
        row["id"]: dict.fromkeys(known.intersection(row["article_ids"]), 1)
        for row in rows
        if row.get("answerable", True) and known.intersection(row.get("article_ids") or ())
    }
    queries = {row["id"]: row["question"] for row in rows if row["id"] in qrels}
    return Task(loaded.articles, queries, qrels)


HELP_DESKS = ("csc", "arduino", "vagov", "office", "cloudgov", "audacity")
HELP_DESKS += ("18f", "sourcegraph", "btcpay")

TASKS: dict[str, Callable[[], Task]] = {
    "mtrag": mtrag,
    "squad": squad,
    "dstc11": dstc11,
    "sample": sample,
    "doc2dial": doc2dial,
    **{name: partial(helpdesk, name) for name in HELP_DESKS},
}

KEYBOARD = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
BESIDE = {
    letter: [other for other in row[max(0, place - 1) : place + 2] if other != letter]
    for row in KEYBOARD
    for place, letter in enumerate(row)
}


def with_typos(text: str, rng: random.Random) -> str:
    """Put an error into two words of four letters or more."""
    words = [match.span() for match in re.finditer("[A-Za-z]{4,}", text)]
    rng.shuffle(words)
    letters = list(text)
    for start, end in sorted(words[:2], reverse=True):
        place, kind = rng.randrange(start, end - 1), rng.choice(["swap", "drop", "double", "near"])
        if kind == "swap":
            letters[place : place + 2] = reversed(letters[place : place + 2])
        elif kind == "drop":
            del letters[place]
        elif kind == "double":
            letters.insert(place, letters[place])
        else:
            letters[place] = rng.choice(BESIDE[letters[place].lower()])
    return "".join(letters)


def retrievers(task: Task, encoder: Any, every: bool) -> dict[str, Retriever]:
    """Return what is compared, by name, over the same indexes."""
    passages = [
        passage
        for article in task.articles
        for passage in cut(article, encoder.token_starts, ChunkSettings())
    ]
    cached = CachedEncoder(encoder, default_cache_folder(), progress=_show)
    cached.encode_queries(list(task.queries.values()))
    analyser = Analyser()
    shared: dict[str, Any] = {
        "passages": passages,
        "audiences": Audiences.of([None] * len(passages)),
    }
    counts = TermCounts.from_term_lists(analyser.terms(lexical_text(each)) for each in passages)
    words = LexicalLeg(lexical_index(counts), analyser, task.synonyms)
    vectors = cached.encode_passages([embedding_text(each) for each in passages])
    numbers: dict[str, int] = {}
    rows = [numbers.setdefault(each.article_id, len(numbers)) for each in passages]
    meaning = DenseLeg(DenseIndex(vectors), cached, ArticleMeans(vectors, np.array(rows)))
    words = replace(words, knows=words_known_to(cached))
    fusions = [Fusion(), *(Fusion("weighted", weight) for weight in WEIGHTS)]
    fusions += [Fusion("rrf", rrf_k=k) for k in ((10, 60) if every else (60,))]
    if every:
        fusions += [Fusion(depth=depth) for depth in (200, 500)]
    made: dict[str, Retriever] = {
        "bm25": HybridRetriever(**shared, lexical=words),
        "dense": HybridRetriever(**shared, dense=meaning),
    }
    for fusion in fusions:
        detail = {"weighted": fusion.dense_weight, "rrf": fusion.rrf_k}.get(fusion.kind, "")
        kind = f"{fusion.kind} {detail}".strip()
        name = kind if fusion.depth == Fusion().depth else f"{kind} depth {fusion.depth}"
        made[name] = HybridRetriever(**shared, lexical=words, dense=meaning, fusion=fusion)
    _say(f"{len(task.articles)} articles, {len(passages)} passages, {len(task.queries)} queries")
    return made


def measure(name: str, encoder: Any, every: bool, typos: bool) -> None:
    task = TASKS[name]()
    if typos:
        rng = random.Random(1)
        task = replace(task, queries={k: with_typos(text, rng) for k, text in task.queries.items()})
    for label, retriever in retrievers(task, encoder, every).items():
        run = {
            query_id: [article for article, _ in collapse(retriever.retrieve(text, PASSAGES))]
            for query_id, text in task.queries.items()
        }
        for part in task.parts:
            ids = [query_id for query_id in run if query_id.startswith(part)]
            scores = score_run(
                {query_id: run[query_id] for query_id in ids},
                {query_id: task.qrels[query_id] for query_id in ids},
            )
            cells = " | ".join(f"{value:.3f}" for value in scores.values())
            _say(f"| {(part or name).rstrip(':')} | {label} | {cells} |")


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _show(done: int, total: int) -> None:
    sys.stderr.write(f"\rencoded {done} of {total}")
    if done == total:
        sys.stderr.write("\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sets", nargs="+", choices=TASKS, default=list(TASKS))
    parser.add_argument("--all", action="store_true", help="also other depths and constants")
    parser.add_argument("--typos", action="store_true", help="two typing errors a question")
    options = parser.parse_args()
    encoder = load_encoder()
    _say("| set | retriever | recall@1 | recall@5 | recall@20 | mrr@10 | ndcg@10 |")
    _say("|---|---|---|---|---|---|---|")
    for name in options.sets:
        measure(name, encoder, options.all, options.typos)


if __name__ == "__main__":
    main()
