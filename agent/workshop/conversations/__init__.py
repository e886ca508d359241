"""Test conversations: read, played against an agent, and reported."""
