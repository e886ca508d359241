"""What a message is before anyone tries to understand it: clean, of a kind, in a language. Pure."""
