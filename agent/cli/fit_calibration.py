"""`frontdesk train calibration`: fit the calibration that ships with a reader's weights.

For whoever trains a reader; users calibrate a knowledge base with `frontdesk calibrate`.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qa.reading.defaults import DEFAULT_READER, DEFAULT_TOP_K

if TYPE_CHECKING:
    from qa.deciding.calibration import Calibration
    from qa.workshop.calibrating.observations import Observation

__all__ = ["fit"]


def fit(
    out: Annotated[Path, typer.Option("--out", help="Where the calibration is written.")],
    squad: Annotated[
        Path, typer.Option("--squad", help="SQuAD file whose held-out articles are asked about.")
    ],
    squad_kb: Annotated[
        Path, typer.Option("--squad-kb", help="Index of the articles, each as TITLE.txt.")
    ],
    questions: Annotated[
        Path, typer.Option("--questions", help="Labelled questions of the kind users ask.")
    ],
    kb: Annotated[Path, typer.Option("--kb", help="Index of the articles that answer them.")],
    split: Annotated[
        str, typer.Option("--split", help="Only questions with this `split`; the rest report.")
    ] = "dev",
    n: Annotated[int, typer.Option("--n", help="SQuAD questions.")] = 1600,
    held_out: Annotated[int, typer.Option("--held-out", help="As in the training recipe.")] = 40,
    hide: Annotated[
        float, typer.Option("--hide", help="Share of SQuAD questions whose article is hidden.")
    ] = 0.25,
    weight: Annotated[
        int, typer.Option("--weight", help="How many SQuAD questions a labelled one counts as.")
    ] = 2,
    threshold: Annotated[float, typer.Option("--threshold", help="Answer from here on.")] = 0.5,
    reader: Annotated[str, typer.Option("--reader")] = DEFAULT_READER,
    top_k: Annotated[int, typer.Option("--top-k")] = DEFAULT_TOP_K,
    seen: Annotated[
        Path | None, typer.Option("--seen", help="Folder that keeps what was read.")
    ] = None,
) -> None:
    """Ask labelled questions, fit the rules, and write them with the figures they reach.

    Example: frontdesk train calibration --squad train-v1.1.json --squad-kb build/squad
    --questions data/questions.jsonl --kb build/kb --out qa/weights/bert/calibration.json
    """
    from agent.cli.console import note, print_json
    from qa.registry import load_reader
    from qa.workshop.calibrating.held_out import squad_questions
    from qa.workshop.calibrating.rules import fit_calibration, fit_slack
    from qa.workshop.scoring.questions import load_questions
    from retrieval import open_index

    loaded = load_reader(reader)
    out.parent.mkdir(parents=True, exist_ok=True)
    drawn, hidden = squad_questions(squad, held_out=held_out, n=n, hide=hide)
    with questions.open(encoding="utf-8") as stream:
        rows = [json.loads(line) for line in stream if line.strip()]
    developing = {row["id"] for row in rows if row.get("split") == split}
    labelled = load_questions(questions)

    def observed(name: str, index: Path, asked: list[Any], gone: Any) -> list[Observation]:
        from qa.workshop.calibrating.observations import (
            load_observations,
            observe,
            save_observations,
        )

        kept = (seen or out.parent) / f"{name}-{loaded.id.rpartition('@')[2]}-{top_k}.jsonl"
        if not kept.is_file():
            note(f"asking {len(asked)} questions of {index}")
            engine = open_index(index)
            made = list(observe(engine, loaded, asked, top_k=top_k, hidden=gone))
            if seen is None:
                return made
            save_observations(kept, made)
        return load_observations(kept)

    of_squad = observed("squad", squad_kb, drawn, hidden)
    of_users = observed("questions", kb, labelled, {})
    to_fit = [each for each in of_users if each.id in developing]
    to_report = [each for each in of_users if each.id not in developing]
    everything = of_squad + weight * to_fit
    fitted = fit_calibration(everything, threshold=threshold, note={})
    slack = fit_slack(everything, fitted) if getattr(loaded, "reads_apart", False) else None
    if slack is not None:
        fitted = fit_calibration(everything, threshold=threshold, note={}, slack=slack)
    figures: dict[str, Any] = {
        "squad, cross-validated over articles": _crossed(of_squad, everything, slack),
        "labelled questions that nothing was fitted on": _figures(fitted, to_report),
    }
    if slack is not None:
        figures["skipping passages, squad"] = _sparing(fitted, of_squad)
        figures["skipping passages, labelled questions that nothing was fitted on"] = _sparing(
            fitted, to_report
        )
    described = {
        "fitted_on": f"{len(of_squad)} questions of {held_out} articles of {squad.name} held out "
        f"of training, {len(hidden)} of them with their article hidden, and {len(to_fit)} "
        f"questions of {questions.name}, each counting as {weight}",
        "reader": loaded.id,
        "top_k": top_k,
        "figures": figures,
    }
    final = replace(fitted, note=described)
    out.write_text(json.dumps(final.to_json(), indent=2) + "\n", encoding="utf-8")
    print_json(final.to_json())


def _crossed(
    judged: list[Observation], everything: list[Observation], slack: float | None
) -> dict[str, float]:
    from qa.workshop.calibrating.rules import cross_validated

    names = {each.id for each in judged}
    pairs = cross_validated(everything, judged=names, slack=slack)
    return _scores(*pairs)


def _figures(calibration: Any, judged: list[Observation]) -> dict[str, float]:
    confidences, right = [], []
    for whole in judged:
        each = whole.without(whole.skipped_by(calibration))
        proposals = each.proposals(calibration.ranking)
        if proposals:
            confidences.append(calibration.probability(proposals[0]))
            right.append(each.is_right(proposals[0]))
    return _scores(confidences, right)


def _sparing(calibration: Calibration, judged: list[Observation]) -> dict[str, float]:
    """Return what skipping passages spares, and what it changes, beside reading them all."""
    found = read = other_answers = other_decisions = 0
    moved: list[float] = []
    for each in judged:
        skipped = each.skipped_by(calibration)
        found += len(each.hits)
        read += len(each.hits) - len(skipped)
        whole, part = each.outcome(calibration), each.without(skipped).outcome(calibration)
        if whole is None or part is None:
            continue
        other_answers += whole.where != part.where
        other_decisions += whole.given != part.given
        moved.append(abs(whole.confidence - part.confidence))
    return {
        "n": len(judged),
        "passages_read": round(read / max(1, found), 4),
        "first_answers_changed": other_answers,
        "decisions_changed": other_decisions,
        "mean_change_of_confidence": round(sum(moved) / max(1, len(moved)), 4),
    }


def _scores(confidences: list[float], right: list[bool]) -> dict[str, float]:
    from qa.deciding.calibration import expected_calibration_error, risk_coverage

    curve = risk_coverage(confidences, right)
    half = next(point for point in curve if point.coverage >= 0.5)
    return {
        "n": len(right),
        "first_answer_right": round(sum(right) / len(right), 4),
        "ece": round(expected_calibration_error(confidences, right), 4),
        "wrong_rate_at_half_coverage": round(half.risk, 4),
    }
