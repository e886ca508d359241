"""Engines: what answers `retrieve`. Local files are the default; servers may follow.

An engine is a class that keeps to `retrieval.types.Engine`.
"""
