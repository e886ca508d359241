"""Channels: adapters between a medium and the agent. A channel knows no intents.

To add one, write a file here with `make(settings) -> Channel` and a line in `registry.py`.
"""
