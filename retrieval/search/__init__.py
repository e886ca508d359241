"""Search: words, vectors, how the two are joined, and who may find what."""
