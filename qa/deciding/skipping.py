"""Reads in order of promise and skips what can hardly hold a better answer.

A candidate's ranking score is a sum with non-negative weights (`ranking`). Before a passage
is read, two of its terms are unknown: the reader's margin and the nearness in meaning. For
all others there is a most that any candidate of the passage can reach, from its place, its
score and its words. So the first few passages are read, and then only those whose most lies
less than a `slack` below the best that was found.

No slack below the largest margin that is counted (10 points and more) is safe for certain,
and with that one nothing is ever skipped. So it is measured (`fitting.fit_slack`): the least
at which, of the questions that the calibration is fitted on, 999 in 1000 keep their first
answer and whether it is given. It ships with the calibration, whose confidences are fitted
on such readings, and a bound that `frontdesk calibrate` stores is measured on them too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from qa.deciding.calibration import Calibration
from qa.deciding.evidence import Asked
from qa.deciding.features import Linear, ranking_features
from qa.reading.full import full_reader
from qa.types import Candidate, FullReader, Reader, Reading
from retrieval.types import Hit, Passage

__all__ = ["FIRST_READ", "lags", "read_promising"]

FIRST_READ = 3
"""Passages that are read in any case: two in three first answers stand in the first."""


# Whatever is skipped is skipped before anything is read again.
_UNCHECKED = {"check": 0.0, "checked": 0.0}


def lags(
    question: str, candidates: Sequence[Candidate], hits: Sequence[Hit], rule: Linear
) -> dict[str, float]:
    """Return how far the most of each passage after the first few lies below the best found.

    In units of the ranking score, the passage's margin and meaning not counted.

    Args:
        question: As asked.
        candidates: What the reader proposes; those of later passages don't count.
        hits: What was found, best first.
        rule: Ranks candidates.

    Returns:
        Passage id → lag, negative where it could be the better even without a margin; empty
        where nothing was found in the first passages.
    """
    asked = Asked(question)
    ranks = {hit.passage.id: rank for rank, hit in enumerate(hits)}

    def scored(candidate: Candidate, most: Mapping[str, float]) -> float:
        rank = ranks[candidate.passage.id]
        return rule({**ranking_features(asked, candidate, hits, rank, 0.0), **_UNCHECKED, **most})

    # Without its meaning, which takes the sentence encoder, the best looks no better than it is.
    found = [scored(each, {}) for each in candidates if ranks[each.passage.id] < FIRST_READ]
    if not found:
        return {}
    best = max(found)
    return {
        hit.passage.id: best - scored(_nothing(hit.passage), asked.most_evidence(hit.passage))
        for hit in hits[FIRST_READ:]
    }


def read_promising(
    reader: Reader,
    question: str,
    hits: Sequence[Hit],
    calibration: Calibration,
    *,
    deadline_s: float | None = None,
) -> Reading:
    """Read passages in their order, without those that can hardly hold a better answer.

    All are read by a calibration without a slack, and by readers that don't judge each
    passage by itself (`reads_apart`): two that compare their findings, for one. A reader that
    looks at some passages again (`read_again`) does so in the end.

    Args:
        reader: Reads.
        question: As asked.
        hits: What was found, best first.
        calibration: Ranks candidates, and says how far a passage must lie below.
        deadline_s: As for `Reader.read`.

    Returns:
        The candidates of all that was read. A passage that was skipped is not `unread`,
        which is what time ran out for.
    """
    full = full_reader(reader)
    reading = _first_reading(full, question, hits, calibration, deadline_s)
    passages = [hit.passage for hit in hits]
    return full.read_again(question, reading, passages, deadline_s=deadline_s)


def _first_reading(
    reader: FullReader,
    question: str,
    hits: Sequence[Hit],
    calibration: Calibration,
    deadline_s: float | None,
) -> Reading:
    passages = [hit.passage for hit in hits]
    slack = calibration.slack
    if slack is None or not reader.reads_apart:
        return reader.first.read(question, passages, deadline_s=deadline_s)
    first = reader.first.read(question, passages[:FIRST_READ], deadline_s=deadline_s)
    later = passages[FIRST_READ:]
    if not later:
        return first
    if first.unread:
        return replace(first, unread=first.unread + tuple(each.id for each in later))
    skipped = {
        passage_id
        for passage_id, lag in lags(question, first.candidates, hits, calibration.ranking).items()
        if lag >= slack
    }
    chosen = [passage for passage in later if passage.id not in skipped]
    if not chosen:
        return replace(first, skipped=tuple(passage.id for passage in later))
    rest = reader.first.read(question, chosen, deadline_s=deadline_s)
    # A stable sort, as in a reading at once: of equal margins the more promising comes first.
    candidates = sorted((*first.candidates, *rest.candidates), key=lambda each: -each.margin)
    return Reading(
        tuple(candidates),
        candidates[0].null_score if candidates else min(first.null_score, rest.null_score),
        rest.unread,
        skipped=tuple(passage.id for passage in later if passage.id in skipped),
    )


def _nothing(passage: Passage) -> Candidate:
    """Return a candidate of a passage that nothing is known of but the passage."""
    return Candidate(passage, passage.start, passage.start, 0.0, 0.0)
