"""`frontdesk evaluate`: what is measured on labelled questions, a file each."""

from agent.cli.evaluate import agent, answers, intents, reader, retrieval, speed

__all__ = ["agent", "answers", "intents", "reader", "retrieval", "speed"]
