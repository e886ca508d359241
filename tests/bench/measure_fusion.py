"""Which fusion is best, on several sets: the table in docs/retrieval.md.

    python tests/bench/measure_fusion.py [--sets mtrag squad dstc11 sample] [--all]

Reads the public data sets from $FRONTDESK_SHARED_DATA, or from `shared/data` beside the
checkout, and our sample knowledge base. Encodings are kept between runs (see
`encoding_cache.py`), so that only the first takes minutes.

- mtrag: MT-RAG, the people's rewritten queries over govt and clapnq together.
- squad: 500 questions over the paragraphs of 100 articles of SQuAD's training set.
  The encoder was trained on SQuAD: its dense leg looks better here than it is.
- dstc11: turns about one hotel or restaurant, asked with its name, over all FAQs and reviews.
- sample: the questions of our sample knowledge base that have an answer, with every role.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from retrieval.articles import load_articles
from retrieval.encoding.cache import CachedEncoder, default_cache_folder
from retrieval.encoding.encoder import embedding_text, load_encoder
from retrieval.passages.chunking import ChunkSettings, cut
from retrieval.search.access import Audiences
from retrieval.search.analysis import Analyser
from retrieval.search.bm25 import lexical_index, lexical_text
from retrieval.search.dense import DenseIndex
from retrieval.search.fusion import Fusion
from retrieval.search.hybrid import DenseLeg, HybridRetriever, LexicalLeg
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


TASKS: dict[str, Callable[[], Task]] = {
    "mtrag": mtrag,
    "squad": squad,
    "dstc11": dstc11,
    "sample": sample,
}


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
    meaning = DenseLeg(DenseIndex(vectors), cached)
    fusions = [Fusion("weighted", weight) for weight in WEIGHTS]
    fusions += [Fusion("rrf", rrf_k=k) for k in ((10, 60) if every else (60,))]
    if every:
        fusions += [Fusion("weighted", depth=depth) for depth in (200, 500)]
    made: dict[str, Retriever] = {
        "bm25": HybridRetriever(**shared, lexical=words),
        "dense": HybridRetriever(**shared, dense=meaning),
    }
    for fusion in fusions:
        kind = (
            f"weighted {fusion.dense_weight}"
            if fusion.kind == "weighted"
            else f"rrf {fusion.rrf_k}"
        )
        name = kind if fusion.depth == Fusion().depth else f"{kind} depth {fusion.depth}"
        made[name] = HybridRetriever(**shared, lexical=words, dense=meaning, fusion=fusion)
    _say(f"{len(task.articles)} articles, {len(passages)} passages, {len(task.queries)} queries")
    return made


def measure(name: str, encoder: Any, every: bool) -> None:
    task = TASKS[name]()
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
    options = parser.parse_args()
    encoder = load_encoder()
    _say("| set | retriever | recall@1 | recall@5 | recall@20 | mrr@10 | ndcg@10 |")
    _say("|---|---|---|---|---|---|---|")
    for name in options.sets:
        measure(name, encoder, options.all)


if __name__ == "__main__":
    main()
