"""The server: the HTTP API, the channels that speak through it, and its settings."""
