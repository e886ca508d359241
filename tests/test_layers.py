"""The rooms depend one way only: agent -> qa -> retrieval, read from the imports."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from graphlib import TopologicalSorter
from importlib.metadata import packages_distributions
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MAY_IMPORT = {
    "retrieval": {"retrieval"},
    "qa": {"qa", "retrieval"},
    "agent": {"agent", "qa", "retrieval"},
}


def imported_roots(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Yield (first name of the module, line) for every import, at any depth."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((name.name.split(".")[0], node.lineno) for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module.split(".")[0], node.lineno


@pytest.mark.parametrize("room", sorted(MAY_IMPORT))
def test_room_imports_only_the_rooms_below(room: str) -> None:
    files = sorted((ROOT / room).rglob("*.py"))
    assert files
    wrong = [
        f"{path.relative_to(ROOT)}:{line} imports {root}"
        for path in files
        for root, line in imported_roots(ast.parse(path.read_text("utf-8")))
        if root in MAY_IMPORT and root not in MAY_IMPORT[room]
    ]
    assert not wrong


def folder_imports(room: str) -> dict[str, set[str]]:
    """Return what each folder or file in a room imports from others there, when imported."""
    # A channel speaks for an asker, and the server speaks through channels.
    together = {"channels": "api"}

    def place(module: str) -> str:
        first = module.split(".")[1]
        return together.get(first, first)

    graph: dict[str, set[str]] = {}
    for path in (ROOT / room).rglob("*.py"):
        parts = path.relative_to(ROOT).with_suffix("").parts
        here = place(".".join(parts))
        for node in ast.parse(path.read_text("utf-8")).body:
            modules: list[str] = []
            if isinstance(node, ast.Import):
                modules = [name.name for name in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module == room:
                modules = [f"{room}.{name.name}" for name in node.names]
            elif isinstance(node, ast.ImportFrom):
                modules = [node.module or ""]
            others = {place(name) for name in modules if name.startswith(f"{room}.")} - {here}
            graph.setdefault(here, set()).update(others)
    return graph


@pytest.mark.parametrize(
    ("room", "in_order"),
    [
        ("retrieval", ["types", "structure", "indexing"]),
        ("qa", ["types", "reading", "bert", "answering", "openbook", "evaluation", "fitting"]),
        ("agent", ["sessions", "turn", "agent"]),
    ],
)
def test_folders_of_a_room_import_one_way(room: str, in_order: list[str]) -> None:
    graph = folder_imports(room)
    for above, below in pairwise(reversed(in_order)):
        graph[above].add(below)
    # Raises CycleError, which names the folders at fault.
    TopologicalSorter(graph).prepare()


def test_tests_are_not_imported_by_the_product() -> None:
    wrong = [
        str(path)
        for room in MAY_IMPORT
        for path in (ROOT / room).rglob("*.py")
        if any(root == "tests" for root, _ in imported_roots(ast.parse(path.read_text("utf-8"))))
    ]
    assert not wrong


def test_no_pickle_anywhere() -> None:
    banned = {"pickle", "cPickle", "dill", "joblib", "shelve"}
    wrong = [
        f"{path.relative_to(ROOT)}:{line} imports {root}"
        for room in MAY_IMPORT
        for path in (ROOT / room).rglob("*.py")
        for root, line in imported_roots(ast.parse(path.read_text("utf-8")))
        if root in banned
    ]
    assert not wrong


def test_what_the_product_imports_is_what_it_installs() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = [each for extra in project["optional-dependencies"].values() for each in extra]
    declared = {
        re.split(r"[\s<>=!~;\[]", each, maxsplit=1)[0].lower().replace("_", "-")
        for each in (*project["dependencies"], *extras)
    }
    sold_as = packages_distributions()
    wrong = []
    for room in MAY_IMPORT:
        for path in (ROOT / room).rglob("*.py"):
            for root, line in imported_roots(ast.parse(path.read_text("utf-8"))):
                if root in sys.stdlib_module_names or root in MAY_IMPORT:
                    continue
                names = {name.lower().replace("_", "-") for name in sold_as.get(root, [root])}
                if not names & declared:
                    wrong.append(f"{path.relative_to(ROOT)}:{line} imports {root}")
    assert not wrong
