"""The command line as a whole: every command has help with an example, and words its errors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import typer.main
from typer.testing import CliRunner

from agent.cli.entry import COMMANDS, GROUPS, app

# What prints no result: it serves, or writes a file and says so.
WITHOUT_JSON = {"serve"}
TRAINING_WITH_JSON = {"train reader", "train bidaf", "train intents"}


def commands(group: Any, before: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every command as typed, groups left out."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, f"{before}{name} ")
        else:
            yield f"{before}{name}", command


MOUNTED = dict(commands(typer.main.get_command(app)))


def test_every_listed_command_is_mounted() -> None:
    assert set(COMMANDS) <= set(MOUNTED)
    assert {name.split()[0] for name in MOUNTED if " " in name} == set(GROUPS)


@pytest.mark.parametrize("typed", sorted(MOUNTED))
def test_help_has_an_example_and_says_what_each_option_does(typed: str) -> None:
    done = CliRunner().invoke(app, [*typed.split(), "--help"])
    assert done.exit_code == 0
    assert f"Example: frontdesk {typed} " in f"{' '.join(done.output.split())} "
    untold = [
        parameter.name
        for parameter in MOUNTED[typed].params
        if not getattr(parameter, "help", None) and parameter.name != "help"
    ]
    assert not untold or typed == "train calibration"


WITH_JSON = {typed for typed in MOUNTED if not typed.startswith("train ")} | TRAINING_WITH_JSON


@pytest.mark.parametrize("typed", sorted(WITH_JSON - WITHOUT_JSON))
def test_a_command_with_a_result_prints_json(typed: str) -> None:
    assert any("--json" in parameter.opts for parameter in MOUNTED[typed].params)


@pytest.mark.parametrize("group", ["", *GROUPS])
def test_a_group_alone_prints_its_help(group: str) -> None:
    done = CliRunner().invoke(app, group.split())
    assert done.exit_code == 2
    assert "Commands:" in done.output


def test_debug_shows_the_traceback() -> None:
    asked = ["info", "--kb", "nowhere"]
    assert "Error: " in CliRunner().invoke(app, asked).stderr
    assert "nowhere" in str(CliRunner().invoke(app, ["--debug", *asked]).exception)
