"""Small files, short functions, few entries at each top, one class of a name in a package."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest
from source_tree import SourceTree, complexity, functions, public_classes

ROOT = Path(__file__).parents[1]
PACKAGES = ("retrieval", "qa", "agent")
MOST_ENTRIES = 12  # beside __init__, __main__ and py.typed
MOST_LINES = 400  # of a file
MOST_FUNCTION_LINES = 60  # from `def` to the last line, docstring included
MOST_COMPLEXITY = 15
# What stood above a limit when the limits were first checked, by name: files, functions, classes.
# It shrinks to nothing; nothing is added.
OWED: set[str] = {
    "__init__",
    "_action",
    "_blocks",
    "_conversation",
    "_date_or_address",
    "_export",
    "_intent",
    "_is_panel",
    "_is_phone",
    "_judge",
    "_linear",
    "_lines",
    "_list",
    "_panels",
    "_plain",
    "_replaced",
    "_run",
    "_streamed",
    "add",
    "agent:Unreadable",
    "answered_by_articles",
    "ask",
    "best_spans",
    "corrected",
    "create_app",
    "evaluate_squad",
    "fit",
    "go",
    "learn",
    "load",
    "load_span_model",
    "load_training_set",
    "polarity",
    "predict",
    "qa:Flow",
    "questions",
    "retrieval:Entry",
    "retrieval:Page",
    "types",
    "unasked",
    "wishes",
}


def last(name: str) -> str:
    """Return the last part of a dotted name."""
    return name.rpartition(".")[2]


@pytest.fixture(scope="module")
def ours() -> SourceTree:
    return SourceTree(ROOT, PACKAGES)


@pytest.mark.parametrize("package", PACKAGES)
def test_top_of_a_package_has_few_entries(package: str) -> None:
    aside = {"__init__.py", "__main__.py", "py.typed", "__pycache__"}
    entries = {path.name for path in (ROOT / package).iterdir()} - aside
    assert len(entries) <= MOST_ENTRIES, sorted(entries)


def test_files_are_short(ours: SourceTree) -> None:
    lines = {name: len(path.read_text("utf-8").splitlines()) for name, path in ours.files.items()}
    long = {name: count for name, count in lines.items() if count > MOST_LINES}
    assert not {name for name in long if last(name) not in OWED}, long


def test_functions_are_short(ours: SourceTree) -> None:
    long = {
        f"{name}.{each.name}": count
        for name, tree in ours.trees.items()
        for each in functions(tree)
        if (count := (each.end_lineno or 0) - each.lineno + 1) > MOST_FUNCTION_LINES
    }
    assert not {name for name in long if last(name) not in OWED}, long


def test_functions_are_simple(ours: SourceTree) -> None:
    tangled = {
        f"{name}.{each.name}": count
        for name, tree in ours.trees.items()
        for each in functions(tree)
        if (count := complexity(each)) > MOST_COMPLEXITY
    }
    assert not {name for name in tangled if last(name) not in OWED}, tangled


@pytest.mark.parametrize("package", PACKAGES)
def test_public_classes_of_a_package_have_names_of_their_own(
    ours: SourceTree, package: str
) -> None:
    places = defaultdict(list)
    for name, tree in ours.trees.items():
        if name.split(".")[0] == package:
            for class_name in public_classes(tree):
                places[class_name].append(name)
    twice = {name: where for name, where in places.items() if len(where) > 1}
    assert not {name for name in twice if f"{package}:{name}" not in OWED}, twice
