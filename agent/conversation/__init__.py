"""A conversation: where a message goes, what comes of it, and what is said."""
