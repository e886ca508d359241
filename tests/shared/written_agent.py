"""An agent's configuration written to a folder, and what is said to be wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.configuration import load_agent
from agent.errors import ConfigurationError

INTENTS = """\
intents:
  hours: [when are you open, opening times, your hours]
  order: [order a monitor, I need a screen, get me a keyboard]
  status: [where is my ticket, ticket status, how is my request going]
"""


def written(folder: Path, text: str, intents: str = INTENTS) -> Path:
    (folder / "intents.yaml").write_text(intents)
    path = folder / "agent.yaml"
    path.write_text(text)
    return path


def mistakes(folder: Path, text: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        load_agent(written(folder, text))
    return str(caught.value)
