"""One turn: what a message comes to, and what is kept of it.

What to do is decided in the dialogue and in routing, which are pure. Here is all that touches
the world: the classifier, the knowledge base, the company's endpoints, the store.
"""
