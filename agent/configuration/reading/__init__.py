"""From an agent's YAML file to an `AgentConfig`, one file per section.

Every key is listed in `KEYS`, which `docs/agent.md` is checked against. A complaint names
file and line, and all complaints of a file come in one error.
"""

from agent.configuration.reading.agent import DEFAULT_SMALL_TALK, default_agent, load_agent
from agent.configuration.reading.keys import KEYS

__all__ = ["DEFAULT_SMALL_TALK", "KEYS", "default_agent", "load_agent"]
