"""What the README and the Makefile tell a newcomer to type works as it stands."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from agent.cli.entry import COMMANDS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")


def blocks(language: str) -> list[str]:
    """Return the README's fenced blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)


def readme_commands() -> list[str]:
    """Return every `frontdesk` line of the README but for the one that goes on for ever."""
    lines = [line for block in blocks("sh") for line in block.splitlines()]
    endless = "frontdesk serve "
    return [
        line for line in lines if line.startswith("frontdesk ") and not line.startswith(endless)
    ]


def demo_commands() -> list[str]:
    """Return the lines of `make demo`, without the path of the environment."""
    recipe = MAKEFILE.split("\ndemo:", 1)[1].split("\n\n", 1)[0]
    return [line.strip().replace("$(BIN)/", "") for line in recipe.splitlines()[1:]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty folder with the sample's `data` in it, as in a fresh clone."""
    folder = tmp_path_factory.mktemp("newcomer")
    (folder / "data").symlink_to(ROOT / "data")
    return folder


def run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a `frontdesk` line in the folder, `> file` included."""
    line, _, target = command.partition(" > ")
    words = shlex.split(line)
    assert words[0] == "frontdesk", command
    done = subprocess.run(
        [sys.executable, "-m", "agent", *words[1:]],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    if target and done.returncode == 0:
        (folder / target.strip()).write_text(done.stdout, encoding="utf-8")
    return done


def test_readme_commands_and_python_work_in_order(folder: Path) -> None:
    commands = readme_commands()
    assert len(commands) >= 5
    for command in [demo_commands()[0], *commands]:
        done = run(command, folder)
        assert done.returncode == 0, f"{command}\n{done.stderr}"
    for block in blocks("python"):
        done = subprocess.run(
            [sys.executable, "-c", block],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout.strip()


def test_demo_prints_three_cited_answers(folder: Path) -> None:
    index, *asks = demo_commands()
    assert run(index, folder).returncode == 0
    assert len(asks) == 3
    for ask in asks:
        done = run(f"{ask} --json", folder)
        assert done.returncode == 0, done.stderr
        assert '"status": "answered"' in done.stdout, ask


PAGES = {path: path.read_text("utf-8") for path in sorted(ROOT.glob("*.md"))}
DOCS = {path: path.read_text("utf-8") for path in sorted((ROOT / "docs").glob("*.md"))}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_links_of_the_pages_at_the_top_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", PAGES[path]):
        if not target.startswith("http"):
            assert (ROOT / target).exists(), target


@pytest.mark.parametrize("path", [*PAGES, *DOCS], ids=lambda path: path.name)
def test_no_page_carries_marks_of_a_merge(path: Path) -> None:
    assert not re.search(r"^(<{7}|={7}|>{7})", {**PAGES, **DOCS}[path], re.MULTILINE)


def test_readme_is_short() -> None:
    assert len(README.split()) <= 1_000


def test_every_folder_is_on_the_map_of_rooms() -> None:
    page = PAGES[ROOT / "CONTRIBUTING.md"]
    for package in ("retrieval", "qa", "agent"):
        for folder in (ROOT / package).iterdir():
            if (folder / "__init__.py").exists():
                assert f"]({package}/{folder.name})" in page, folder


def test_every_command_is_in_the_readme_or_the_docs() -> None:
    text = "\n".join([README, *DOCS.values(), PAGES[ROOT / "CONTRIBUTING.md"]])
    absent = [command for command in COMMANDS if f"frontdesk {command}" not in text]
    assert not absent


def test_commands_are_called_one_way() -> None:
    for path, text in {**PAGES, **DOCS}.items():
        assert not re.search(r"^(\.venv/bin/|python -m agent )", text, re.MULTILINE), path


def test_the_two_figures_of_the_readme_are_those_of_the_results() -> None:
    headline = README.split("<!-- headline figures", 1)[1].split("<!-- end of headline", 1)[0]
    first = DOCS[ROOT / "docs" / "results.md"].split("## How often it answers", 1)[1]
    figures = re.findall(r"[\d.]+ %", headline)
    assert len(figures) == 2
    assert " / ".join(figures) in first.split("\n\n")[1].splitlines()[2]


def test_figures_stand_in_one_place() -> None:
    """Times, memory and percentages of speed are in docs/results.md alone."""
    measured = re.compile(r"[\d.,]+ (?:times\b|MB\b|ms\b|kB\b|a second)")
    results = set(measured.findall(DOCS[ROOT / "docs" / "results.md"]))
    for path, text in {**DOCS, ROOT / "README.md": README}.items():
        if path.name != "results.md":
            assert not results & set(measured.findall(text)), path
