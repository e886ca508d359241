"""The rooms depend one way only, read from every import: lazy and type-only ones too."""

from __future__ import annotations

import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from source_tree import SourceTree, inside

ROOT = Path(__file__).parents[1]
PACKAGES = ("retrieval", "qa", "agent")  # each may import itself and those before it
MAY_OPEN_A_WORKSHOP = ("agent.cli",)
# Circles that stood when circles were first read from every import. Nothing is added here.
OWED_CIRCLES: set[str] = set()


@pytest.fixture(scope="module")
def ours() -> SourceTree:
    return SourceTree(ROOT, PACKAGES)


def test_packages_import_only_those_below(ours: SourceTree) -> None:
    assert len(ours.files) > 100
    assert not ours.upward()


def test_no_circles_among_files_or_folders_at_any_depth(ours: SourceTree) -> None:
    assert not ours.circles()


def test_what_answers_opens_no_workshop(ours: SourceTree) -> None:
    assert not ours.opens_a_workshop(MAY_OPEN_A_WORKSHOP)


@pytest.mark.parametrize(
    ("banned", "but_in"),
    [
        ({"typer", "rich", "click"}, "agent.cli"),
        ({"pickle", "cPickle", "dill", "joblib", "shelve", "tests"}, None),
    ],
)
def test_a_library_stays_where_it_belongs(
    ours: SourceTree, banned: set[str], but_in: str | None
) -> None:
    wrong = [
        ours.told(each)
        for each in ours.imports
        if each.imported.split(".")[0] in banned and not (but_in and inside(each.importer, but_in))
    ]
    assert not wrong


def test_what_the_product_imports_is_what_it_installs(ours: SourceTree) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = [each for extra in project["optional-dependencies"].values() for each in extra]
    declared = {
        re.split(r"[\s<>=!~;\[]", each, maxsplit=1)[0].lower().replace("_", "-")
        for each in (*project["dependencies"], *extras)
    }
    sold_as = packages_distributions()
    wrong = []
    for each in ours.imports:
        root = each.imported.split(".")[0]
        if root not in sys.stdlib_module_names and root not in PACKAGES:
            names = {name.lower().replace("_", "-") for name in sold_as.get(root, [root])}
            if not names & declared:
                wrong.append(ours.told(each))
    assert not wrong


# The test of the test: a small sound tree, and what is planted in it.

SOUND = {
    "low/__init__.py": "",
    "low/types.py": "class Thing: ...\n",
    "low/reading/__init__.py": "",
    "low/reading/reader.py": "from low.types import Thing\n",
    "low/finding/__init__.py": "",
    "low/finding/finder.py": "from low.reading import reader\n",
    "low/workshop/__init__.py": "",
    "low/workshop/training.py": "from low.finding import finder\n",
    "high/__init__.py": "from low.types import Thing\n",
    "high/cli/__init__.py": "",
    "high/cli/train.py": "def train():\n    from low.workshop import training\n",
}


def planted(root: Path, plants: dict[str, str]) -> SourceTree:
    """Write the sound tree with some files put in the place of its own, and read it."""
    for name, text in {**SOUND, **plants}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return SourceTree(root, ("low", "high"))


def test_a_sound_tree_passes(tmp_path: Path) -> None:
    tree = planted(tmp_path, {})
    assert tree.upward() == tree.circles() == tree.opens_a_workshop(("high.cli",)) == []


LAZILY = "def read():\n    {}\n"
FOR_TYPES = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    {}\n"


@pytest.mark.parametrize("way", ["{}\n", LAZILY, FOR_TYPES], ids=["top", "lazy", "types"])
@pytest.mark.parametrize("statement", ["import high.cli.train", "from high.cli import train"])
def test_a_planted_import_upward_is_found(tmp_path: Path, way: str, statement: str) -> None:
    tree = planted(tmp_path, {"low/reading/reader.py": way.format(statement)})
    (found,) = tree.upward()
    assert found.startswith("low/reading/reader.py:")
    assert found.endswith("imports high.cli.train")


@pytest.mark.parametrize("way", ["{}\n", LAZILY, FOR_TYPES], ids=["top", "lazy", "types"])
@pytest.mark.parametrize(
    "statement",
    ["import low.finding.finder", "from low.finding.finder import f", "from ..finding import f"],
)
def test_a_planted_circle_of_folders_is_found(tmp_path: Path, way: str, statement: str) -> None:
    # No file imports itself by a detour here: other.py is imported by nobody.
    tree = planted(tmp_path, {"low/reading/other.py": way.format(statement)})
    assert tree.circles() == ["low.finding -> low.reading -> low.finding"]


def test_a_planted_circle_deep_in_a_folder_is_found(tmp_path: Path) -> None:
    tree = planted(
        tmp_path,
        {
            "low/reading/wide/__init__.py": "",
            "low/reading/wide/one.py": "from .. import narrow\n",
            "low/reading/narrow.py": "def f():\n    from .wide import one\n",
        },
    )
    assert tree.circles() == [
        "low.reading.narrow -> low.reading.wide.one -> low.reading.narrow",
        "low.reading.narrow -> low.reading.wide -> low.reading.narrow",
    ]


@pytest.mark.parametrize("way", ["{}\n", LAZILY, FOR_TYPES], ids=["top", "lazy", "types"])
@pytest.mark.parametrize("where", ["low/finding/finder.py", "high/__init__.py"])
def test_a_planted_opening_of_a_workshop_is_found(tmp_path: Path, way: str, where: str) -> None:
    tree = planted(tmp_path, {where: way.format("from low import workshop")})
    (found,) = tree.opens_a_workshop(("high.cli",))
    assert found.startswith(f"{where}:")
