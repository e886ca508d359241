"""From collections of labelled questions to a calibration and the figures it reaches.

Each collection is asked once; what was found and read is kept in a folder, by reader and number
of passages, so that other rules can be tried without reading again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from qa.deciding.calibration import Calibration
from qa.errors import CalibrationError
from qa.reading.full import full_reader
from qa.registry import load_reader
from qa.types import Reader
from qa.workshop.calibrating.held_out import squad_questions
from qa.workshop.calibrating.observations import (
    Observation,
    load_observations,
    observe,
    save_observations,
)
from qa.workshop.calibrating.rules import fit_calibration, fit_slack
from qa.workshop.calibrating.transfer import Figures, figures, fit_threshold, leave_one_out
from qa.workshop.scoring.questions import Question, load_questions
from retrieval import open_index
from retrieval.system.durable import replace_file

__all__ = ["Fit", "Fitted", "QuestionSet", "question_set", "squad_set"]

_DEVELOP = "dev"
_SQUAD_HELD_OUT = 40
_SQUAD_HIDDEN = 0.25
_SQUAD_N = 800


@dataclass(frozen=True)
class QuestionSet:
    """Labelled questions over an index.

    Attributes:
        name: Of the index's folder.
        kb: The index.
        questions: What is asked.
        reported: Ids of those that are never fitted on.
        hidden: Question id → articles to take out of what is found.
        weight: How much each question counts in fitting.
    """

    name: str
    kb: Path
    questions: tuple[Question, ...]
    reported: frozenset[str] = frozenset()
    hidden: Mapping[str, frozenset[str]] = field(default_factory=dict)
    weight: float = 1.0


@dataclass(frozen=True)
class Fitted:
    """What fitting came to.

    Attributes:
        calibration: To be written beside the reader.
        left_out: QuestionSet → figures of rules fitted on the others.
        reported: QuestionSet → figures of its questions that were never fitted on.
    """

    calibration: Calibration
    left_out: Mapping[str, Figures]
    reported: Mapping[str, Figures]

    def table(self) -> str:
        """Return the figures in columns, for people."""
        columns = ("left out", "n", "right", "answered", "wrong", "ECE", "AUC", "risk at coverage")
        rows: list[tuple[str, ...]] = [columns]
        for prefix, found in (("", self.left_out), ("not fitted on: ", self.reported)):
            for name, each in found.items():
                risk = " ".join(f"{at:.0%}:{wrong:.1%}" for at, wrong in each.risk.items())
                shares = (each.first_right, each.answered, each.wrong, each.ece, each.auc)
                shown = ("–" if share is None else f"{share:.3f}" for share in shares)
                rows.append((prefix + name, str(each.n), *shown, risk))
        widths = [max(len(row[column]) for row in rows) for column in range(len(columns))]
        lines = [
            "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True))
            for row in rows
        ]
        return "\n".join(line.rstrip() for line in lines)

    def write(self, path: Path) -> None:
        """Write the calibration, whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, (json.dumps(self.calibration.to_json(), indent=2) + "\n").encode())


def question_set(text: str) -> QuestionSet:
    """Read `KB=QUESTIONS[,QUESTIONS...]`.

    Raises:
        CalibrationError: It isn't of that form.
        EvaluationError: A question file is wrong.
    """
    kb, _, files = text.partition("=")
    if not kb or not files:
        msg = f"{text!r} isn't a collection. Expected KB=QUESTIONS[,QUESTIONS...]."
        raise CalibrationError(msg)
    questions = [each for file in files.split(",") for each in load_questions(Path(file))]
    reported = {each.id for each in questions if each.split not in (None, _DEVELOP)}
    return QuestionSet(Path(kb).name, Path(kb), tuple(questions), frozenset(reported))


def squad_set(path: Path, kb: Path, *, weight: float) -> QuestionSet:
    """Draw questions of the articles that training held out, some with their article hidden."""
    questions, hidden = squad_questions(
        path, held_out=_SQUAD_HELD_OUT, n=_SQUAD_N, hide=_SQUAD_HIDDEN
    )
    return QuestionSet(kb.name, kb, tuple(questions), hidden=hidden, weight=weight)


class Fit:
    """Fits the calibration of one reader.

    Args:
        reader: Its name or folder.
        top_k: Passages read per question.
        n: Questions of each collection, drawn by the hash of their ids; None is all.
        seen: Folder that keeps observations; None keeps none.
        tell: Told what goes on.
    """

    def __init__(
        self,
        reader: str,
        *,
        top_k: int,
        n: int | None = None,
        seen: Path | None = None,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._reader: Reader = load_reader(reader)
        self._top_k = top_k
        self._n = n
        self._seen = seen
        self._tell = tell

    def run(
        self, collections: Iterable[QuestionSet], beside: Iterable[QuestionSet], *, max_wrong: float
    ) -> Fitted:
        """Ask, fit and measure.

        Args:
            collections: Left out in turn.
            beside: Fitted on with all of them.
            max_wrong: Largest share of wrong answers among those given.
        """
        asked = {each.name: self._observed(each) for each in collections}
        reported: dict[str, list[Observation]] = {}
        besides: list[Observation] = []
        for each in beside:
            seen = self._observed(each)
            besides += [one for one in seen if one.id not in each.reported]
            if each.reported:
                reported[each.name] = [one for one in seen if one.id in each.reported]
        everything = [*(one for rows in asked.values() for one in rows), *besides]
        left_out = leave_one_out(asked, besides, max_wrong=max_wrong)
        threshold = fit_threshold(asked, besides, max_wrong=max_wrong)
        fitted = fit_calibration(everything, threshold=threshold, note={})
        if full_reader(self._reader).reads_apart:
            slack = fit_slack(everything, fitted)
            fitted = fit_calibration(everything, threshold=threshold, note={}, slack=slack)
        found = {name: figures(fitted, rows) for name, rows in reported.items()}
        note = self._note(asked, besides, left_out, found, max_wrong)
        return Fitted(replace(fitted, note=note), left_out, found)

    def _observed(self, collection: QuestionSet) -> list[Observation]:
        questions = sorted(collection.questions, key=lambda each: _hash(each.id))[: self._n]
        kept = self._kept(collection, questions)
        if kept is not None and kept.is_file():
            made = load_observations(kept)
        else:
            self._tell(f"asking {len(questions)} questions of {collection.kb}")
            engine = open_index(collection.kb)
            made = list(
                observe(
                    engine, self._reader, questions, top_k=self._top_k, hidden=collection.hidden
                )
            )
            if kept is not None:
                save_observations(kept, made)
        return [replace(each, weight=collection.weight) for each in made]

    def _kept(self, collection: QuestionSet, questions: Sequence[Question]) -> Path | None:
        if self._seen is None:
            return None
        self._seen.mkdir(parents=True, exist_ok=True)
        asked = _hash("\n".join(f"{each.id}\t{each.question}" for each in questions))[:8]
        reader = self._reader.id.replace("/", "-").replace("@", "-")
        return self._seen / f"{collection.name}-{reader}-{self._top_k}-{asked}.jsonl"

    def _note(
        self,
        asked: Mapping[str, Sequence[Observation]],
        beside: Sequence[Observation],
        left_out: Mapping[str, Figures],
        reported: Mapping[str, Figures],
        max_wrong: float,
    ) -> dict[str, Any]:
        counts = ", ".join(f"{len(rows)} questions of {name}" for name, rows in asked.items())
        return {
            "fitted_on": f"{counts}, and {len(beside)} beside",
            "max_wrong": max_wrong,
            "reader": self._reader.id,
            "top_k": self._top_k,
            "figures": {
                "each collection by rules fitted on the others": {
                    name: each.to_json() for name, each in left_out.items()
                },
                "questions that nothing was fitted on": {
                    name: each.to_json() for name, each in reported.items()
                },
            },
        }


def _hash(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
