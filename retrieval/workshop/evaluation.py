"""`evaluate retrieval`: how well a retriever finds the articles that answer.

Each row of the corpus is an article, cut into passages and indexed in memory exactly as
`index` would; hits collapse to their article, at the place of its best passage, before they are
counted. An article without text can't be found, and counts as not found.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from retrieval.encoding.cache import CachedEncoder, default_cache_folder
from retrieval.errors import EvaluationError
from retrieval.passages.chunking import ChunkSettings, cut
from retrieval.search.access import Audiences
from retrieval.search.analysis import Analyser
from retrieval.search.article_means import ArticleMeans
from retrieval.search.bm25 import K1, B, lexical_index, lexical_text
from retrieval.search.fusion import DEFAULT_FUSION, Fusion
from retrieval.search.hybrid import DenseLeg, HybridRetriever, LexicalLeg
from retrieval.search.spelling import words_known_to
from retrieval.search.term_counts import TermCounts
from retrieval.types import Article, Encoder, Passage, Retriever, TokenEncoder
from retrieval.workshop.beir import EvaluationQuery, read_corpus, read_qrels, read_queries, read_run
from retrieval.workshop.beir import write_run as write_run_file
from retrieval.workshop.metrics import collapse, score_run
from retrieval.workshop.signature import signature

__all__ = ["RetrieverKind", "Rewrite", "build_retriever", "evaluate_retrieval"]

RetrieverKind = Literal["hybrid", "bm25", "dense"]

Rewrite = Callable[[Sequence[str], str], str]
"""(earlier user turns, the last one) → the last one made whole."""

_ARTICLES_NEEDED = 20
_PASSAGES_AT_FIRST = 100

_RULE = "an average over part of the queries would mislead"


def evaluate_retrieval(
    corpus: Path,
    queries: Path,
    qrels: Path,
    *,
    retriever: RetrieverKind = "hybrid",
    encoder: TokenEncoder | str | None = None,
    predictions: Path | None = None,
    follow_ups: bool = False,
    rewrite: Rewrite | None = None,
    fusion: Fusion = DEFAULT_FUSION,
    chunking: ChunkSettings | None = None,
    cache: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """Score a retriever, or the run of any other, on BEIR files.

    Args:
        corpus: corpus.jsonl.
        queries: queries.jsonl.
        qrels: qrels.tsv; must judge exactly the queries given.
        retriever: Which legs search.
        encoder: A loaded one, or its name or folder; None is the default encoder.
        predictions: A TREC run. If the file holds anything, it is scored and nothing is
            searched; otherwise what was found is written to it.
        follow_ups: First make each query whole from its history, by `rewrite`.
        rewrite: How; the agent's.
        fusion: How "hybrid" joins its legs.
        chunking: How articles are cut.
        cache: Folder in which encodings are kept between runs; None is the user's cache folder
            (see encoding_cache.default_cache_folder).
        progress: Called with (passages encoded, passages to encode).

    Returns:
        recall@1, recall@5, recall@20, mrr@10 and ndcg@10 from 0 to 1, n, and a signature.

    Raises:
        EvaluationError: The files don't fit together, or follow-ups can't be made whole.
        EncoderError: The encoder can't be loaded.
    """
    _check_options(retriever, follow_ups, rewrite)
    articles, asked, judged = read_corpus(corpus), read_queries(queries), read_qrels(qrels)
    _check_fit(articles, asked, judged, queries, qrels)
    files = [corpus, queries, qrels]
    if predictions is not None and predictions.exists() and predictions.stat().st_size:
        run = _run_of(predictions, articles, asked)
        files.append(predictions)
        configuration: dict[str, Any] = {"retriever": "predictions"}
    else:
        texts = {query.id: _searched(query, rewrite if follow_ups else None) for query in asked}
        cutter, chunks = _loaded(encoder), chunking or ChunkSettings()
        cached = CachedEncoder(cutter, cache or default_cache_folder(), progress=progress)
        passages = _passages(articles, cutter, chunks)
        found = _search(passages, retriever, cached, fusion, texts)
        if predictions is not None:
            write_run_file(predictions, found, tag=f"frontdesk-{retriever}")
        run = {query: [article for article, _ in ranking] for query, ranking in found.items()}
        configuration = _configuration(retriever, follow_ups, chunks, cutter.id, fusion)
    signed = signature(files, configuration)
    return {**score_run(run, judged), "n": len(asked), "signature": signed}


def _search(
    passages: Sequence[Passage],
    retriever: RetrieverKind,
    encoder: CachedEncoder,
    fusion: Fusion,
    texts: Mapping[str, str],
) -> dict[str, list[tuple[str, float]]]:
    """Return each query's articles with their scores."""
    searcher = build_retriever(passages, retriever, encoder=encoder, fusion=fusion)
    if retriever != "bm25":
        # All at once is faster; one by one they then come from memory.
        encoder.encode_queries(list(texts.values()))
    return {query: _articles(searcher, text) for query, text in texts.items()}


def _check_options(retriever: str, follow_ups: bool, rewrite: Rewrite | None) -> None:
    if retriever not in ("hybrid", "bm25", "dense"):
        raise EvaluationError(f"retriever is {retriever!r}, expected 'hybrid', 'bm25' or 'dense'")
    if follow_ups and rewrite is None:
        raise EvaluationError(
            "follow-ups can't be made whole here: that is the agent's work, and none was "
            "given; leave out --follow-ups to search each query as it stands"
        )


def _configuration(
    retriever: RetrieverKind, follow_ups: bool, chunks: ChunkSettings, encoder: str, fusion: Fusion
) -> dict[str, Any]:
    """Return what a score hangs on, for its signature."""
    return {
        "retriever": retriever,
        "follow_ups": follow_ups,
        "chunking": asdict(chunks),
        "cut_with": encoder,
        "analyser": Analyser().settings,
        "bm25": {"k1": K1, "b": B},
        "fusion": fusion.settings if retriever == "hybrid" else None,
        "encoder": encoder if retriever != "bm25" else None,
    }


def build_retriever(
    passages: Sequence[Passage],
    kind: RetrieverKind,
    *,
    encoder: Encoder,
    fusion: Fusion = DEFAULT_FUSION,
) -> Retriever:
    """Index public passages in memory, for evaluation."""
    lexical = dense = None
    if kind != "dense":
        analyser = Analyser()
        counts = TermCounts.from_term_lists(analyser.terms(lexical_text(each)) for each in passages)
        lexical = LexicalLeg(lexical_index(counts), analyser)
        if kind != "bm25":
            lexical = replace(lexical, knows=words_known_to(encoder))
    if kind != "bm25":
        # faiss and torch are loaded by those who search vectors only.
        from retrieval.encoding.encoder import embedding_text
        from retrieval.search.dense import DenseIndex

        vectors = encoder.encode_passages([embedding_text(passage) for passage in passages])
        numbers: dict[str, int] = {}
        rows = [numbers.setdefault(each.article_id, len(numbers)) for each in passages]
        dense = DenseLeg(DenseIndex(vectors), encoder, ArticleMeans(vectors, np.array(rows)))
    return HybridRetriever(
        passages=passages,
        audiences=Audiences.of([None] * len(passages)),
        lexical=lexical,
        dense=dense,
        fusion=fusion,
    )


def _passages(
    articles: Sequence[Article], encoder: TokenEncoder, settings: ChunkSettings
) -> list[Passage]:
    passages = [
        passage for article in articles for passage in cut(article, encoder.token_starts, settings)
    ]
    if not passages:
        raise EvaluationError("no article of the corpus has any text: there is nothing to search")
    return passages


def _loaded(encoder: TokenEncoder | str | None) -> TokenEncoder:
    if encoder is not None and not isinstance(encoder, str):
        return encoder
    from retrieval.encoding.encoder import load_encoder

    return load_encoder() if encoder is None else load_encoder(encoder)


def _searched(query: EvaluationQuery, rewrite: Rewrite | None) -> str:
    if rewrite is None or not query.history:
        return query.text
    return rewrite(query.history, query.text)


def _articles(retriever: Retriever, text: str) -> list[tuple[str, float]]:
    """Return the ranked articles for a query: 20 or more if that many match."""
    wanted = _PASSAGES_AT_FIRST
    hits = retriever.retrieve(text, wanted)
    ranking = dict(collapse(hits))
    while len(ranking) < _ARTICLES_NEEDED and len(hits) == wanted:
        # Few articles hold all of the best passages. A deeper search may order the first
        # ones otherwise, and users don't see it: only what it adds is taken, at the end.
        wanted *= 4
        hits = retriever.retrieve(text, wanted)
        least = min(ranking.values(), default=0.0)
        for article, score in collapse(hits):
            ranking.setdefault(article, min(score, least))
    return list(ranking.items())


def _check_fit(
    articles: Sequence[Article],
    asked: Sequence[EvaluationQuery],
    judged: Mapping[str, Mapping[str, int]],
    queries: Path,
    qrels: Path,
) -> None:
    unjudged = [query.id for query in asked if query.id not in judged]
    if unjudged:
        raise EvaluationError(
            f"{len(unjudged)} of {len(asked)} queries in {str(queries)!r} have no judgement in "
            f"{str(qrels)!r}, the first is {unjudged[0]!r}: {_RULE}; leave them out or judge them"
        )
    unasked = sorted(set(judged) - {query.id for query in asked})
    if unasked:
        raise EvaluationError(
            f"{len(unasked)} of {len(judged)} queries judged in {str(qrels)!r} aren't in "
            f"{str(queries)!r}, the first is {unasked[0]!r}: {_RULE}; give the file that goes "
            "with the judgements"
        )
    known = {article.id for article in articles}
    for query, grades in judged.items():
        for article in grades:
            if article not in known:
                raise EvaluationError(
                    f"{str(qrels)!r} judges the article {article!r} for query {query!r}, and the "
                    "corpus has no such article: give the corpus that goes with the judgements"
                )


def _run_of(
    path: Path, articles: Sequence[Article], asked: Sequence[EvaluationQuery]
) -> dict[str, list[str]]:
    run = read_run(path)
    unknown = sorted(set(run) - {query.id for query in asked})
    if unknown:
        raise EvaluationError(
            f"{str(path)!r} has results for the query {unknown[0]!r}, which wasn't asked: "
            "give the run that goes with the queries"
        )
    known = {article.id for article in articles}
    for query_id, ranking in run.items():
        for article in ranking:
            if article not in known:
                raise EvaluationError(
                    f"{str(path)!r} names the article {article!r} for query {query_id!r}, and the "
                    "corpus has no such article: give the run that goes with the corpus"
                )
    # A run has no line for a query that found nothing; it still counts, as 0.
    return {query.id: run.get(query.id, []) for query in asked}
