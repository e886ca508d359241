"""Follow-up questions, made whole from the session before anything is searched."""

from agent.understanding.followups.whole import Whole, make_whole, rewrite

__all__ = ["Whole", "make_whole", "rewrite"]
