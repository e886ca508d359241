"""Shows why an answer was given: what was looked at, what counted, what it was preferred to."""
