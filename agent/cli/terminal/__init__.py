"""A conversation in the terminal: what it shows, and what was typed before."""
