"""The Dockerfile and compose.yaml: linted where hadolint is, and true to the project anywhere."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml

from agent.cli.entry import app

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "Dockerfile").read_text("utf-8")
INSTRUCTIONS = [
    line.split(maxsplit=1)
    for line in re.sub(r"\\\n\s*", "", TEXT).splitlines()
    if line and not line.startswith("#")
]
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))


def values(name: str) -> list[str]:
    return [value for instruction, value in INSTRUCTIONS if instruction == name]


def options_of(words: list[str]) -> tuple[Any, list[str]]:
    """Return the command that words begin with, and the options among them."""
    command: Any = typer.main.get_command(app)
    while hasattr(command, "commands"):
        command = command.commands[words.pop(0)]
    return command, [word for word in words if word.startswith("--")]


@pytest.mark.skipif(shutil.which("hadolint") is None, reason="hadolint isn't installed")
def test_hadolint_finds_nothing() -> None:
    done = subprocess.run(
        ["hadolint", str(ROOT / "Dockerfile")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    assert not done.stdout


def test_what_is_copied_exists_and_is_not_ignored() -> None:
    kept = {
        line[1:]
        for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines()
        if line.startswith("!")
    }
    copied = {
        name
        for value in values("COPY")
        if not value.startswith("--from")
        for name in value.split()[:-1]
    }
    assert copied == kept
    assert all((ROOT / name).exists() for name in copied)


def test_the_packages_and_torch_are_those_of_the_project() -> None:
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    assert re.search(r"^torch==(.*)$", lock, re.M)[1] in TEXT  # type: ignore[index]
    for package in ("retrieval", "qa", "agent"):
        assert f"{package} {package}" in values("COPY")


def test_it_runs_as_nobody_in_particular() -> None:
    assert int(values("USER")[-1]) > 0
    entry, command = json.loads(values("ENTRYPOINT")[0]), json.loads(values("CMD")[0])
    assert entry == ["frontdesk"]
    known, used = options_of(command)
    assert known.name == "serve"
    assert set(used) <= {name for parameter in known.params for name in parameter.opts}


@pytest.mark.parametrize("service", sorted(COMPOSE["services"]))
def test_services_run_commands_that_exist(service: str) -> None:
    described = COMPOSE["services"][service]
    known, used = options_of([str(word) for word in described["command"]])
    assert set(used) <= {name for parameter in known.params for name in parameter.opts}
    assert described["image"] == "frontdesk"
    named = [volume.split(":")[0] for volume in described["volumes"] if volume[0] not in "./"]
    assert set(named) <= set(COMPOSE["volumes"])
    for port in described.get("ports", ()):
        assert port.startswith("127.0.0.1:")
