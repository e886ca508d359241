"""What the README and the Makefile tell a newcomer to type works as it stands."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")


def blocks(language: str) -> list[str]:
    """Return the README's fenced blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)


def readme_commands() -> list[str]:
    """Return every `frontdesk` line of the README that needs the sample articles alone."""
    lines = [line for block in blocks("sh") for line in block.splitlines()]
    return [line for line in lines if line.startswith("frontdesk ")]


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
    for command in commands:
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


def test_readme_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        if not target.startswith("http"):
            assert (ROOT / target).exists(), target


def test_every_command_of_the_help_is_in_the_readme() -> None:
    for command in ("index", "ask", "verify", "info", "rollback", "evaluate", "train reader"):
        assert f"frontdesk {command}" in README, command
