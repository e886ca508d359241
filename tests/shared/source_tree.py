"""What a tree of Python packages imports, read from its source: the ground of the layer tests.

Every import counts: at the top of a file, inside a function, under `TYPE_CHECKING`. Nothing is
imported here, so a broken or planted tree can be read as well.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path


@dataclass(frozen=True)
class Import:
    """One import of one file.

    Attributes:
        importer: The importing module's dotted name, a package's for its `__init__.py`.
        imported: The dotted name of the module imported, as far as it is one of the tree's own;
            else what the statement names.
        line: Where it stands.
    """

    importer: str
    imported: str
    line: int


class SourceTree:
    """The modules of some packages under one root, and what they import.

    Args:
        root: The folder that holds the packages.
        packages: Their names, lowest first: each may import itself and those before it.
    """

    def __init__(self, root: Path, packages: tuple[str, ...]) -> None:
        self.root = root
        self.packages = packages
        self.files = {
            module_name(path.relative_to(root)): path
            for package in packages
            for path in sorted((root / package).rglob("*.py"))
        }
        self.trees = {name: ast.parse(path.read_text("utf-8")) for name, path in self.files.items()}
        self.imports = [each for name in self.files for each in self._imports_of(name)]

    def _imports_of(self, module: str) -> Iterator[Import]:
        for node in ast.walk(self.trees[module]):
            for name in self._named(node, module):
                yield Import(module, self._resolve(name), node.lineno)  # type: ignore[attr-defined]

    def _named(self, node: ast.AST, module: str) -> list[str]:
        """Return the dotted names that an import statement asks for, relative ones made whole."""
        if isinstance(node, ast.Import):
            return [each.name for each in node.names]
        if not isinstance(node, ast.ImportFrom):
            return []
        base = node.module or ""
        if node.level:
            within = module.split(".")
            if self.files[module].name != "__init__.py":
                within.pop()
            within = within[: len(within) - node.level + 1]
            base = ".".join([*within, *([node.module] if node.module else [])])
        return [f"{base}.{each.name}" for each in node.names]

    def _resolve(self, name: str) -> str:
        """Return the module that a dotted name lies in; the name itself if it isn't ours."""
        module = name
        while module and module not in self.files:
            module = module.rpartition(".")[0]
        return module or name

    def upward(self) -> list[str]:
        """Return the imports of a package above the importer's own."""
        rank = {package: number for number, package in enumerate(self.packages)}
        return [
            self.told(each)
            for each in self.imports
            if rank.get(each.imported.split(".")[0], -1) > rank[each.importer.split(".")[0]]
        ]

    def opens_a_workshop(self, allowed: tuple[str, ...] = ()) -> list[str]:
        """Return the imports of a `workshop` by what isn't one, `allowed` packages aside."""
        return [
            self.told(each)
            for each in self.imports
            if "workshop" in each.imported.split(".")
            and "workshop" not in each.importer.split(".")
            and not any(inside(each.importer, package) for package in allowed)
        ]

    def circles(self) -> list[str]:
        """Return a circle among files, and one among the entries of each package, where one is.

        An entry is a file or a folder that stands directly in the package, and imports whatever
        any file in it imports.
        """
        found = []
        edges = [(each.importer, each.imported) for each in self.imports]
        if circle := circle_of({(a, b) for a, b in edges if b in self.files and a != b}):
            found.append(" -> ".join(circle))
        for package, path in self.files.items():
            if path.name == "__init__.py":
                prefix = f"{package}."
                entries = {
                    (entry(a, prefix), entry(b, prefix))
                    for a, b in edges
                    if a.startswith(prefix) and b.startswith(prefix)
                }
                if circle := circle_of({(a, b) for a, b in entries if a != b}):
                    found.append(" -> ".join(circle))
        return found

    def told(self, each: Import) -> str:
        """Say where an import stands and what it imports."""
        path = self.files[each.importer].relative_to(self.root)
        return f"{path}:{each.line} imports {each.imported}"


def module_name(path: Path) -> str:
    """Return a file's dotted name, from its path below the root."""
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def inside(module: str, package: str) -> bool:
    """Tell whether a module is a package or lies in it."""
    return module == package or module.startswith(f"{package}.")


def entry(module: str, prefix: str) -> str:
    """Return the entry of a package (given with its dot) that a module in it belongs to."""
    return prefix + module[len(prefix) :].split(".")[0]


def circle_of(edges: set[tuple[str, str]]) -> list[str]:
    """Return one circle from its first node by name to that again; nothing if there is none."""
    graph: dict[str, set[str]] = {}
    for importer, imported in sorted(edges):
        graph.setdefault(importer, set()).add(imported)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        nodes = [str(node) for node in error.args[1][1:]]
        first = nodes.index(min(nodes))
        return [*nodes[first:], *nodes[:first], nodes[first]]
    return []


def public_classes(tree: ast.Module) -> list[str]:
    """Return the names of a file's classes that don't begin with an underscore."""
    return [
        node.name
        for node in tree.body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    ]


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield a file's functions and methods, nested ones too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def complexity(function: ast.AST) -> int:
    """Return McCabe's number with each `and`, `or` and `if` of a comprehension counted.

    McCabe, A Complexity Measure (1976), section IV: compound conditions count by their parts.
    A comprehension alone decides nothing.
    """
    number = 1
    branches = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.ExceptHandler, ast.IfExp)
    for node in ast.walk(function):
        match node:
            case ast.BoolOp():
                number += len(node.values) - 1
            case ast.comprehension():
                number += len(node.ifs)
            case ast.match_case():
                number += 1
            case _:
                number += isinstance(node, branches)
    return number
