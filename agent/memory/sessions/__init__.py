"""What is kept of conversations: masked, in one file, each the property of its owner."""

from agent.memory.sessions.store import SessionStore
from agent.memory.sessions.types import Feedback, SessionSummary

__all__ = ["Feedback", "SessionStore", "SessionSummary"]
