"""Errors of `agent`, one tree. Each says what failed, the value, what was expected, what to do."""

from __future__ import annotations

__all__ = [
    "ActionError",
    "AgentError",
    "ConfigurationError",
    "ConversationError",
    "IntentError",
    "ServerError",
    "SessionConflict",
    "SessionError",
]


class AgentError(Exception):
    """Root of what `agent` raises on purpose."""


class IntentError(AgentError):
    """Intent examples, a classifier or its training can't be used."""


class ConfigurationError(AgentError):
    """An agent's configuration is wrong; the message names file and line."""


class ConversationError(AgentError):
    """A file of test conversations can't be read."""


class SessionError(AgentError):
    """A session can't be read, stored, or isn't the asker's."""


class SessionConflict(SessionError):
    """A session changed or went since it was read: read it again."""


class ActionError(AgentError):
    """A call to the company's own endpoint failed."""


class ServerError(AgentError):
    """The server can't start or its settings are wrong."""
