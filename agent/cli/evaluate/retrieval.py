"""`frontdesk evaluate retrieval`: how well articles are found."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from agent.cli.arguments import AsJson, Encoder, Predictions
from agent.cli.console import print_json, print_scores, progress

__all__ = ["evaluate_retrieval"]


def evaluate_retrieval(
    corpus: Annotated[Path, typer.Option("--corpus", help="corpus.jsonl, as BEIR has it.")],
    queries: Annotated[Path, typer.Option("--queries", help="queries.jsonl.")],
    qrels: Annotated[Path, typer.Option("--qrels", help="qrels.tsv.")],
    retriever: Annotated[
        Literal["hybrid", "bm25", "dense"],
        typer.Option("--retriever", help="Which legs search."),
    ] = "hybrid",
    encoder: Encoder = None,
    follow_ups: Annotated[
        bool,
        typer.Option("--follow-ups", help="First make each query whole from its history."),
    ] = False,
    predictions: Predictions = None,
    as_json: AsJson = False,
) -> None:
    """Measure how well articles are found, on BEIR files.

    Example: frontdesk evaluate retrieval --corpus corpus.jsonl --queries queries.jsonl
    --qrels qrels.tsv --retriever bm25
    """
    from agent.understanding.followups import rewrite
    from retrieval.encoding.cache import default_cache_folder
    from retrieval.workshop.evaluation import evaluate_retrieval as measure

    with progress("Encoding passages") as advance:
        scores = measure(
            corpus,
            queries,
            qrels,
            retriever=retriever,
            encoder=encoder,
            predictions=predictions,
            follow_ups=follow_ups,
            rewrite=lambda history, last: rewrite(last, history),
            cache=default_cache_folder(),
            progress=advance,
        )
    if as_json:
        print_json(scores)
    else:
        print_scores(scores)
