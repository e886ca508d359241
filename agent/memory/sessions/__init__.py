"""What is kept of conversations: masked, in one file, each the property of its owner."""

from agent.sessions.store import SessionStore
from agent.sessions.types import Feedback, SessionSummary

__all__ = ["Feedback", "SessionStore", "SessionSummary"]
