"""Workshop: testing agents and looking after intents. Nothing that answers imports it."""
