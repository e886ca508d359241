"""Observations of questions that were never asked."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from qa.types import Candidate
from qa.workshop.calibrating.observations import Observation
from retrieval.types import Hit, Passage


@pytest.fixture(scope="session")
def make_observations() -> Callable[..., list[Observation]]:
    """Make some: how many."""
    return _observations


def _observations(n: int = 300) -> list[Observation]:
    """Make questions whose right answer mostly has the better margin."""
    rng = np.random.default_rng(4)
    made = []
    for number in range(n):
        passages = [
            Passage(f"a{number}-{k}#0-8", f"a{number}-{k}", 0, 8, f"answer {k}") for k in range(2)
        ]
        good, bad = rng.normal(2.0, 2.0), rng.normal(-1.0, 2.0)
        has_answer = number % 4 > 0
        candidates = tuple(
            Candidate(passage, 0, 8, float(margin), 0.0)
            for passage, margin in zip(passages, (good if has_answer else bad, bad), strict=True)
        )
        made.append(
            Observation(
                id=str(number),
                question="What is it?",
                group=f"article {number % 40}",
                hits=tuple(Hit(passage, 1.0 - k / 4) for k, passage in enumerate(passages)),
                candidates=candidates,
                right=(has_answer, False),
                meanings=(0.3, 0.1),
            )
        )
    return made
