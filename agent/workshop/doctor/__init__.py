"""The intent doctor: examples that contradict, overlap or are too few."""
