from __future__ import annotations

from pathlib import Path

import pytest

from agent.configuration import load_agent
from agent.errors import ConfigurationError


def test_load_agent_names_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"can't read the agent's .*init DIR"):
        load_agent(tmp_path / "none.yaml")


def test_load_agent_refuses_bytes_that_are_no_text(tmp_path: Path) -> None:
    path = tmp_path / "agent.yaml"
    path.write_bytes(b"name: x\nsay: \xff")
    with pytest.raises(ConfigurationError, match=r"agent.yaml:2: byte 0xff isn't UTF-8"):
        load_agent(path)


def test_load_agent_refuses_a_huge_file(tmp_path: Path) -> None:
    path = tmp_path / "agent.yaml"
    path.write_bytes(b"#" * 2_000_001)
    with pytest.raises(ConfigurationError, match="2000001 bytes are no configuration"):
        load_agent(path)


def test_load_agent_survives_deep_nesting(tmp_path: Path) -> None:
    path = tmp_path / "agent.yaml"
    path.write_text("[" * 1_500)
    with pytest.raises(ConfigurationError, match="not YAML"):
        load_agent(path)
