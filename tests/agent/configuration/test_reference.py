"""Holds `docs/agent.md` against what the configuration takes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from agent.configuration import load_agent
from agent.configuration.reading import KEYS

REFERENCE = (Path(__file__).parents[3] / "docs" / "agent.md").read_text(encoding="utf-8")


def section(name: str) -> str:
    found = re.search(rf"^##+ {name}\n(.*?)(?=^##+ |\Z)", REFERENCE, re.DOTALL | re.MULTILINE)
    assert found, f"no section {name!r}"
    return found[1]


@pytest.mark.parametrize("name", sorted(KEYS))
def test_reference_describes_every_key_and_no_other(name: str) -> None:
    text = section(name)
    if name == "then":
        assert set(re.findall(r"`(\w+)`", text)) == set(KEYS["then"])
        return
    cells = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", text, re.MULTILINE)
    described = [key for cell in cells for key in re.findall(r"`(\w+)`", cell)]
    assert sorted(described) == sorted(KEYS[name])


def test_reference_shows_a_configuration_that_loads(tmp_path: Path) -> None:
    example = re.search(r"```yaml\n(.*?)```", REFERENCE, re.DOTALL)
    assert example
    (tmp_path / "agent.yaml").write_text(example[1])
    intents = {"opening_hours": ["when are you open"], "order_equipment": ["order a monitor"]}
    (tmp_path / "intents.yaml").write_text(yaml.safe_dump({"intents": intents}))
    assert load_agent(tmp_path / "agent.yaml").forms
