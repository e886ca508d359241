"""Workshop: measuring retrieval on labelled queries. Nothing that answers imports it."""
