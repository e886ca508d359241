"""The index on disk: generations of it, and bringing it up to date with the sources."""
