"""Encoders: texts to vectors of unit length, and what was encoded before."""
