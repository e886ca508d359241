"""Made tables: SQuAD's format, the right cell, and questions in vain that are in vain."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from qa.workshop.scoring.squad import load_squad
from qa.workshop.training.made_tables import make_tables
from qa.workshop.training.recipe import shipped_recipe_path

N = 800


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("made") / "tables.json"
    path.write_text(json.dumps(make_tables(N, seed=1)), encoding="utf-8")
    return path


def test_make_tables_writes_squad_with_a_share_in_vain(made: Path) -> None:
    loaded = load_squad(made)  # checks that each answer stands at its offset
    assert loaded.has_unanswerable
    assert N * 0.9 < len(loaded.examples) <= N
    in_vain = sum(not example.answers for example in loaded.examples)
    assert 0.2 < in_vain / len(loaded.examples) < 0.4


def asked_for(question: str, kind: dict[str, Any]) -> set[tuple[str, str]]:
    """Return every row and column that the question may mean, by the kind's own templates."""
    found = set()
    for column in kind["columns"]:
        for row in kind["rows"]:
            general = (f"{row} {column['name']}", f"{column['name']} for {row}")
            wordings = [template.format(key=row) for template in column["ask"]] + [
                *general,
                f"what is the {column['name']} of {row}?",
                f"what does it say about {column['name']} for {row}?",
            ]
            if question.lower() in {wording.lower() for wording in wordings}:
                found.add((row, column["name"]))
    return found


def grid(context: str) -> dict[tuple[str, str], str]:
    """Read a table of Markdown: row and column → cell."""
    lines = [line for line in context.splitlines() if line.startswith("|")]
    head, _, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {
        (row[0], name): cell for row in rows for name, cell in zip(head[1:], row[1:], strict=True)
    }


def test_make_tables_asks_for_the_cell_that_answers(made: Path) -> None:
    kinds = tomllib.loads(shipped_recipe_path("tables").read_text("utf-8"))["table"]
    n_answered = n_in_vain = 0
    for example in load_squad(made).examples:
        if "| --- |" not in example.context:
            continue
        kind = next(k for k in kinds if example.title.rpartition(" ")[0] in k["titles"])
        cells, meant = grid(example.context), asked_for(example.question, kind)
        assert meant
        if example.answers:
            assert example.answers[0][0] in {cells.get(one) for one in meant}
            n_answered += 1
        else:
            assert not meant & cells.keys()
            n_in_vain += 1
    assert n_answered > N / 10
    assert n_in_vain > N / 20


def test_make_tables_follows_its_seed() -> None:
    assert make_tables(40, seed=1) == make_tables(40, seed=1)
    assert make_tables(40, seed=1) != make_tables(40, seed=2)
