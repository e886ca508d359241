"""What is known of a labelled question before anything is decided: kept, and asked again.

Reading is slow and fitting is not: questions are asked once, and rules are tried on what was
found and read for them.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np

from qa.deciding.calibration import Calibration
from qa.deciding.evidence import Asked, place
from qa.deciding.features import RANKING_FEATURES, Linear, ranking_features
from qa.deciding.grouping import shown_place
from qa.deciding.ranking import Proposal, propose
from qa.deciding.skipping import lags
from qa.errors import CalibrationError
from qa.types import Candidate, Reader
from qa.workshop.calibrating.regression import Matrix
from qa.workshop.scoring.judging import is_right
from qa.workshop.scoring.questions import PredictedAnswer, Question
from retrieval.types import Engine, Hit, Passage

__all__ = ["Decision", "Observation", "load_observations", "observe", "save_observations"]

_HIDDEN_DEPTH = 5


@dataclass(frozen=True)
class Decision:
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
        weight: How much it counts in fitting.
    """

    id: str
    question: str
    group: str
    hits: tuple[Hit, ...]
    candidates: tuple[Candidate, ...]
    right: tuple[bool, ...]
    meanings: tuple[float, ...]
    weight: float = 1.0

    @cached_property
    def _asked(self) -> Asked:
        return Asked(self.question)

    @cached_property
    def described(self) -> Matrix:
        """(candidates, features) what each is ranked by, in `RANKING_FEATURES`'s order."""
        asked = self._asked
        ranks = {hit.passage.id: rank for rank, hit in enumerate(self.hits)}
        rows = [
            ranking_features(asked, candidate, self.hits, ranks[candidate.passage.id], meaning)
            for candidate, meaning in zip(self.candidates, self.meanings, strict=True)
        ]
        return np.array([[row[name] for name in RANKING_FEATURES] for row in rows])

    @cached_property
    def _known(self) -> Mapping[str, float]:
        """Place → how near it is to the question."""
        return {
            place(c): meaning for c, meaning in zip(self.candidates, self.meanings, strict=True)
        }

    def proposals(self, rule: Linear) -> tuple[Proposal, ...]:
        """Rank and merge the candidates."""
        known = self._known
        return propose(
            self.question,
            self.candidates,
            self.hits,
            rule,
            lambda _, texts: [known[text] for text in texts],
            shown=_shown,
            asked=self._asked,
        )

    def without(self, passages: Collection[str]) -> Observation:
        """Leave out what was proposed in these passages, as if they hadn't been read."""
        if not passages:
            return self
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

    def outcome(self, calibration: Calibration) -> Decision | None:
        """Return what is answered first, and how sure; None where nothing is."""
        proposals = self.proposals(calibration.ranking)
        if not proposals:
            return None
        first = proposals[0].candidate
        where = (first.passage.article_id, first.start, first.end)
        confidence = calibration.probability(proposals[0])
        return Decision(where, confidence, confidence >= calibration.threshold)

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
                        hit.passage.table_header,
                        hit.score,
                    ]
                    for hit in each.hits
                ],
                "candidates": [
                    [
                        *(places[c.passage.id], c.start, c.end, c.score, c.null_score),
                        *(right, meaning, c.agreement, c.check),
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
                    # What second readers say stands last; older files have less.
                    Candidate(hits[number].passage, start, end, score, null_score, *rest[2:4])
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
    article_id: str,
    start: int,
    text: str,
    title: str,
    headings: Sequence[str],
    table_header: str = "",  # files of before it was kept
) -> Passage:
    end = start + len(text)
    name = f"{article_id}#{start}-{end}"
    return Passage(name, article_id, start, end, text, title, tuple(headings), table_header)


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
