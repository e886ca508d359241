"""What holds for all tests."""

from __future__ import annotations

from hypothesis import settings

# No test asserts on a clock: not Hypothesis either, on a machine that is busy.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")
