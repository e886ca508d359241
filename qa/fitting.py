"""Fit a calibration: what it takes from labelled questions to rules with weights.

Two regressions with non-negative weights, so that better evidence never lowers a score. The
first ranks: which candidate is right, from what reader, retriever and question say of it?
The second believes: is the first answer right, from its ranking, its lead and its support?
Both see questions whose answer is not to be had, made by hiding the article that holds it.

`fitting_commands` runs it. Figures come from questions that the rules weren't fitted on: by
cross-validation over articles here, or from questions kept apart.
"""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qa.calibration import Calibration
from qa.errors import CalibrationError
from qa.evaluation import is_right
from qa.evidence import Asked, place
from qa.grouping import shown_place
from qa.questions import PredictedAnswer, Question
from qa.ranking import (
    CONFIDENCE_FEATURES,
    RANKING_FEATURES,
    Linear,
    Proposal,
    propose,
    ranking_features,
)
from qa.skipping import lags
from qa.types import Candidate, Reader
from retrieval.types import Engine, Hit, Passage

__all__ = [
    "Observation",
    "Outcome",
    "cross_validated",
    "fit_calibration",
    "fit_logistic",
    "fit_ranking",
    "fit_slack",
    "load_observations",
    "observe",
    "save_observations",
    "squad_questions",
]

Matrix = NDArray[np.float64]

_RIDGE = 1e-3
_FOLDS = 5
_NO_WEIGHT = 1e-6
_HIDDEN_DEPTH = 5
# Share of questions whose outcome may change where passages are skipped, and the fewest from
# which such a share can be told: none in 500 is under 0.6 % with 95 % certainty.
_MAX_CHANGED = 0.001
_LEAST_FOR_SLACK = 500


@dataclass(frozen=True)
class Outcome:
    """What becomes of a question.

    Attributes:
        where: Article, start and end of the first answer.
        confidence: Its probability of being right.
        given: Whether that is enough to give it.
    """

    where: tuple[str, int, int]
    confidence: float
    given: bool


@dataclass(frozen=True)
class Observation:
    """One labelled question with what was found and read for it.

    Attributes:
        id: The question's.
        question: As asked.
        group: What must not be split between fitting and judging: the gold article.
        hits: The passages that were read, best first, without their texts.
        candidates: What the reader proposed.
        right: (candidates,) whether each is right.
        meanings: (candidates,) how near each one's surroundings are to the question.
    """

    id: str
    question: str
    group: str
    hits: tuple[Hit, ...]
    candidates: tuple[Candidate, ...]
    right: tuple[bool, ...]
    meanings: tuple[float, ...]

    @cached_property
    def described(self) -> Matrix:
        """(candidates, features) what each is ranked by, in `RANKING_FEATURES`'s order."""
        asked = Asked(self.question)
        ranks = {hit.passage.id: rank for rank, hit in enumerate(self.hits)}
        rows = [
            ranking_features(asked, candidate, self.hits, ranks[candidate.passage.id], meaning)
            for candidate, meaning in zip(self.candidates, self.meanings, strict=True)
        ]
        return np.array([[row[name] for name in RANKING_FEATURES] for row in rows])

    def proposals(self, rule: Linear) -> tuple[Proposal, ...]:
        """Rank and merge the candidates."""
        known = {
            place(c): meaning for c, meaning in zip(self.candidates, self.meanings, strict=True)
        }
        return propose(
            self.question,
            self.candidates,
            self.hits,
            rule,
            lambda _, texts: [known[text] for text in texts],
            shown=_shown,
        )

    def without(self, passages: Collection[str]) -> Observation:
        """Leave out what was proposed in these passages, as if they hadn't been read."""
        kept = [n for n, each in enumerate(self.candidates) if each.passage.id not in passages]
        return replace(
            self,
            candidates=tuple(self.candidates[n] for n in kept),
            right=tuple(self.right[n] for n in kept),
            meanings=tuple(self.meanings[n] for n in kept),
        )

    def skipped_by(self, calibration: Calibration) -> frozenset[str]:
        """Name the passages that wouldn't be read by a calibration (see `skipping`)."""
        slack = calibration.slack
        if slack is None:
            return frozenset()
        behind = lags(self.question, self.candidates, self.hits, calibration.ranking)
        return frozenset(passage for passage, lag in behind.items() if lag >= slack)

    def outcome(self, calibration: Calibration) -> Outcome | None:
        """Return what is answered first, and how sure; None where nothing is."""
        proposals = self.proposals(calibration.ranking)
        if not proposals:
            return None
        first = proposals[0].candidate
        where = (first.passage.article_id, first.start, first.end)
        confidence = calibration.probability(proposals[0])
        return Outcome(where, confidence, confidence >= calibration.threshold)

    def is_right(self, proposal: Proposal) -> bool:
        """Tell whether a proposal's representative is right."""
        return self.right[self.candidates.index(proposal.candidate)]


def observe(
    engine: Engine,
    reader: Reader,
    questions: Iterable[Question],
    *,
    top_k: int,
    hidden: Mapping[str, frozenset[str]] | None = None,
) -> Iterable[Observation]:
    """Ask questions and keep what their answers would be decided from.

    Args:
        engine: Finds passages.
        reader: Reads all of them.
        questions: Labelled.
        top_k: Passages read per question.
        hidden: Question id → articles that are taken out of what was found for it, as if
            the knowledge base didn't hold them.
    """
    bodies: dict[tuple[str, frozenset[str]], str | None] = {}
    for question in questions:
        roles = question.roles

        def body_of(article_id: str, roles: frozenset[str] = roles) -> str | None:
            if (article_id, roles) not in bodies:
                article = engine.article(article_id, roles=roles)
                bodies[article_id, roles] = None if article is None else article.body
            return bodies[article_id, roles]

        gone = (hidden or {}).get(question.id, frozenset())
        depth = _HIDDEN_DEPTH * top_k if gone else top_k
        found = engine.retrieve(question.question, depth, roles=roles)
        hits = [hit for hit in found if hit.passage.article_id not in gone][:top_k]
        reading = reader.read(question.question, [hit.passage for hit in hits])
        places = list(dict.fromkeys(place(candidate) for candidate in reading.candidates))
        near = dict(zip(places, engine.closeness(question.question, places), strict=True))
        yield Observation(
            id=question.id,
            question=question.question,
            group=min(question.article_ids, default=question.id),
            hits=tuple(hits),
            candidates=reading.candidates,
            right=tuple(
                not gone and is_right(_as_answer(candidate), question, body_of)
                for candidate in reading.candidates
            ),
            meanings=tuple(float(near[place(candidate)]) for candidate in reading.candidates),
        )


def fit_calibration(
    observations: Sequence[Observation],
    *,
    threshold: float,
    note: Mapping[str, Any],
    slack: float | None = None,
) -> Calibration:
    """Fit both rules.

    Args:
        observations: From `observe`.
        threshold: Least confidence at which to answer.
        note: Kept with the calibration, for people.
        slack: From `fit_slack`: confidences are then fitted to what is read under it. None
            reads all.

    Raises:
        CalibrationError: There is nothing right, or nothing wrong, to learn from.
    """
    ranking = _fit_ranking(observations)
    calibration = Calibration(ranking, Linear(0.0, {}), threshold, note, slack)
    read = [each.without(each.skipped_by(calibration)) for each in observations]
    return replace(calibration, confidence=_fit_confidence(read, ranking))


def fit_slack(observations: Sequence[Observation], calibration: Calibration) -> float | None:
    """Return the least slack that keeps 999 in 1000 first answers and decisions.

    Args:
        observations: Of whole readings.
        calibration: Ranks, believes and decides.

    Returns:
        Rounded up to a tenth; None where there are too few questions to tell.
    """
    if len(observations) < _LEAST_FOR_SLACK:
        return None
    allowed = int(len(observations) * _MAX_CHANGED)
    # From the passage that lies furthest behind on, as if the slack were lowered step by step.
    in_turn = sorted(
        (
            (lag, number, passage_id)
            for number, each in enumerate(observations)
            for passage_id, lag in lags(
                each.question, each.candidates, each.hits, calibration.ranking
            ).items()
            if lag >= 0
        ),
        reverse=True,
    )
    unread: dict[int, set[str]] = {}
    changed: set[int] = set()
    for lag, number, passage_id in in_turn:
        unread.setdefault(number, set()).add(passage_id)
        if number in changed:
            continue
        each = observations[number]
        part = each.without(unread[number])
        if not _same(part.outcome(calibration), each.outcome(calibration)):
            changed.add(number)
            if len(changed) > allowed:
                # This one must be read, and with it all that lie less far behind.
                return (math.floor(lag * 10.0) + 1) / 10.0
    return 0.0


def _same(one: Outcome | None, other: Outcome | None) -> bool:
    """Tell whether the same is answered and the same decided, however sure."""
    if one is None or other is None:
        return one is other
    return (one.where, one.given) == (other.where, other.given)


def cross_validated(
    observations: Sequence[Observation],
    *,
    judged: Collection[str] | None = None,
    folds: int = _FOLDS,
    slack: float | None = None,
) -> tuple[list[float], list[bool]]:
    """Return each first answer's confidence by rules fitted without its article's questions.

    Args:
        observations: What is fitted on; one that counts more occurs more often.
        judged: Ids of those whose confidences are wanted; None is all.
        folds: How many parts the articles are dealt out to.
        slack: As for `fit_calibration`.

    Returns:
        Confidences and whether each answer is right; questions without a candidate are
        left out.
    """
    confidences: list[float] = []
    right: list[bool] = []
    for fold in range(folds):
        inside = [
            each
            for each in observations
            if _fold(each.group, folds) == fold and (judged is None or each.id in judged)
        ]
        outside = [each for each in observations if _fold(each.group, folds) != fold]
        if not inside:
            continue
        fitted = fit_calibration(outside, threshold=0.5, note={}, slack=slack)
        for observation in inside:
            read = observation.without(observation.skipped_by(fitted))
            proposals = read.proposals(fitted.ranking)
            if proposals:
                confidences.append(fitted.probability(proposals[0]))
                right.append(read.is_right(proposals[0]))
    return confidences, right


def fit_logistic(features: Matrix, right: NDArray[np.bool_]) -> tuple[float, Matrix]:
    """Fit a logistic regression whose weights are not negative.

    A convex problem with bounds, so there is one answer. A faint ridge on standardised
    features keeps weights finite where the classes can be told apart without error.

    Args:
        features: (n, features)
        right: (n,)

    Returns:
        Intercept and (features,) weights.

    Raises:
        CalibrationError: All of `right` are equal.
    """
    from scipy.optimize import minimize

    if right.all() or not right.any():
        msg = (
            f"All {len(right)} answers are {'right' if right.all() else 'wrong'}. A calibration "
            "needs some of both: give more questions."
        )
        raise CalibrationError(msg)
    centre, spread = features.mean(axis=0), features.std(axis=0)
    spread[spread == 0] = 1.0
    scaled = (features - centre) / spread
    sign = np.where(right, 1.0, -1.0)

    def loss(parameters: Matrix) -> tuple[float, Matrix]:
        margin = sign * (parameters[0] + scaled @ parameters[1:])
        # log(1 + exp(-m)) without overflow.
        value = np.logaddexp(0.0, -margin).mean() + 0.5 * _RIDGE * (parameters[1:] ** 2).sum()
        slope = -sign * np.exp(-np.logaddexp(0.0, margin)) / len(sign)
        gradient = np.concatenate([[slope.sum()], scaled.T @ slope + _RIDGE * parameters[1:]])
        return float(value), gradient

    n_features = features.shape[1]
    bounds = [(None, None)] + [(0.0, None)] * n_features
    found = minimize(loss, np.zeros(n_features + 1), jac=True, method="L-BFGS-B", bounds=bounds).x
    weights: Matrix = found[1:] / spread
    return float(found[0] - weights @ centre), weights


def fit_ranking(questions: Sequence[tuple[Matrix, NDArray[np.bool_]]]) -> Matrix:
    """Fit a ranking whose weights are not negative.

    The likelihood that a right candidate comes first where first is drawn by the
    exponential of the score: ListNet's top-one probability (Cao et al., 2007), summed over
    the right ones. Each question counts the same, however many candidates it has.

    Args:
        questions: (candidates, features) and (candidates,) of each question that has both
            right and wrong candidates.

    Returns:
        (features,) weights.

    Raises:
        CalibrationError: There is no such question.
    """
    from scipy.optimize import minimize
    from scipy.special import logsumexp

    if not questions:
        msg = (
            "No question has both right and wrong candidates, so there is no order to learn. Give "
            "more questions, or a reader that finds some of their answers."
        )
        raise CalibrationError(msg)
    spread = np.concatenate([features for features, _ in questions]).std(axis=0)
    spread[spread == 0] = 1.0
    # All questions in one block, short ones filled up with candidates of no weight.
    shape = len(questions), max(len(right) for _, right in questions)
    block = np.zeros((*shape, len(spread)))
    every, good = np.full(shape, -np.inf), np.full(shape, -np.inf)
    for row, (features, right) in enumerate(questions):
        block[row, : len(right)] = features / spread
        every[row, : len(right)] = 0.0
        good[row, : len(right)][right] = 0.0

    def loss(weights: Matrix) -> tuple[float, Matrix]:
        scores = block @ weights
        of_every = logsumexp(scores + every, axis=1, keepdims=True)
        of_good = logsumexp(scores + good, axis=1, keepdims=True)
        pull = np.exp(scores + every - of_every) - np.exp(scores + good - of_good)
        gradient = np.einsum("qc,qcf->f", pull, block) / len(questions)
        value = float((of_every - of_good).mean())
        return value + 0.5 * _RIDGE * float(weights @ weights), gradient + _RIDGE * weights

    n_features = len(spread)
    bounds = [(0.0, None)] * n_features
    found = minimize(loss, np.zeros(n_features), jac=True, method="L-BFGS-B", bounds=bounds).x
    weights: Matrix = found / spread
    return weights


def squad_questions(
    path: Path, *, held_out: int, n: int, hide: float
) -> tuple[list[Question], dict[str, frozenset[str]]]:
    """Draw questions of the articles that training held out.

    The same ones on every machine: drawn by the hash of their ids.

    Args:
        path: A SQuAD file; the knowledge base holds an article `TITLE.txt` per title.
        held_out: As many articles as the training recipe holds out.
        n: How many questions.
        hide: Share of them whose article is hidden.

    Returns:
        The questions, and for those to be hidden question id → article.
    """
    from qa.squad import held_out_titles, load_squad, split_by_title

    examples = load_squad(path).examples
    _, inside = split_by_title(examples, held_out_titles(examples, held_out))
    drawn = sorted(inside, key=lambda example: _hash(example.id))[:n]
    questions = [
        Question(
            id=example.id,
            question=example.question,
            answers=tuple(text for text, _ in example.answers),
            article_ids=(f"{example.title}.txt",),
        )
        for example in drawn
    ]
    hidden = {
        question.id: frozenset(question.article_ids)
        for question in questions[: round(hide * len(questions))]
    }
    return questions, hidden


def save_observations(path: Path, observations: Iterable[Observation]) -> None:
    """Keep observations, one a line: reading is slow and fitting is not."""
    with path.open("w", encoding="utf-8") as stream:
        for each in observations:
            places = {hit.passage.id: number for number, hit in enumerate(each.hits)}
            row = {
                "id": each.id,
                "question": each.question,
                "group": each.group,
                "hits": [
                    [
                        hit.passage.article_id,
                        hit.passage.start,
                        hit.passage.text,
                        hit.passage.title,
                        hit.passage.headings,
                        hit.score,
                    ]
                    for hit in each.hits
                ],
                "candidates": [
                    [
                        *(places[c.passage.id], c.start, c.end, c.score, c.null_score),
                        *(right, meaning, c.agreement),
                    ]
                    for c, right, meaning in zip(
                        each.candidates, each.right, each.meanings, strict=True
                    )
                ],
            }
            stream.write(json.dumps(row) + "\n")
            stream.flush()


def load_observations(path: Path) -> list[Observation]:
    """Read what `save_observations` wrote.

    Raises:
        CalibrationError: The file can't be read.
    """
    observations = []
    try:
        with path.open(encoding="utf-8") as stream:
            for line in stream:
                row = json.loads(line)
                hits = tuple(Hit(_passage(*where), score) for *where, score in row["hits"])
                candidates = tuple(
                    # A second reader's agreement stands last; older files have none.
                    Candidate(hits[number].passage, start, end, score, null_score, *rest[2:3])
                    for number, start, end, score, null_score, *rest in row["candidates"]
                )
                right = tuple(bool(entry[5]) for entry in row["candidates"])
                meanings = tuple(float(entry[6]) for entry in row["candidates"])
                observations.append(
                    Observation(
                        row["id"], row["question"], row["group"], hits, candidates, right, meanings
                    )
                )
    except (OSError, ValueError, KeyError, IndexError) as error:
        msg = f"Can't read the observations {str(path)!r}: {error}. Observe again."
        raise CalibrationError(msg) from error
    return observations


def _passage(
    article_id: str, start: int, text: str, title: str, headings: Sequence[str]
) -> Passage:
    end = start + len(text)
    name = f"{article_id}#{start}-{end}"
    return Passage(name, article_id, start, end, text, title, tuple(headings))


def _fit_ranking(observations: Sequence[Observation]) -> Linear:
    questions: list[tuple[Matrix, NDArray[np.bool_]]] = []
    for each in observations:
        right = np.array(each.right, dtype=np.bool_)
        if not right.any() or right.all():
            # Nothing to put in order.
            continue
        questions.append((each.described, right))
    weights = fit_ranking(questions)
    return Linear(0.0, _kept(RANKING_FEATURES, weights))


def _fit_confidence(observations: Sequence[Observation], ranking: Linear) -> Linear:
    rows: list[list[float]] = []
    right: list[bool] = []
    for each in observations:
        proposals = each.proposals(ranking)
        if proposals:
            described = proposals[0].features
            rows.append([described[name] for name in CONFIDENCE_FEATURES])
            right.append(each.is_right(proposals[0]))
    if not rows:
        msg = "There is no candidate to learn from. Give questions that the reader can answer."
        raise CalibrationError(msg)
    intercept, weights = fit_logistic(np.array(rows), np.array(right))
    return Linear(round(intercept, 6), _kept(CONFIDENCE_FEATURES, weights))


def _kept(names: Sequence[str], weights: Matrix) -> dict[str, float]:
    return {
        name: round(float(weight), 6)
        for name, weight in zip(names, weights, strict=True)
        if weight > _NO_WEIGHT
    }


# Cross-validation asks for the same places a dozen times over.
_shown = lru_cache(maxsize=1 << 17)(shown_place)


def _as_answer(candidate: Candidate) -> PredictedAnswer:
    return PredictedAnswer(
        text=candidate.text,
        confidence=0.0,
        article_id=candidate.passage.article_id,
        start=candidate.start,
        end=candidate.end,
    )


def _fold(group: str, folds: int) -> int:
    return int(_hash(group)[:8], 16) % folds


def _hash(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
