"""A confidence taken apart adds up to itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from qa.deciding.calibration import GENERIC
from qa.deciding.features import CONFIDENCE_FEATURES, Linear, sigmoid
from qa.deciding.ranking import Proposal
from qa.explaining.belief import believe
from qa.types import Candidate
from retrieval.types import Article, Passage


@pytest.fixture
def proposal(cut_passage: Callable[..., Passage]) -> Proposal:
    passage = cut_passage(Article("a", "A", "It opens at 8:30."))
    candidate = Candidate(passage, 12, 16, 3.0, -1.0)
    return Proposal(candidate, 5.0, -0.5, 0.8, 0.1, 0.4, 0.3)


def test_believe_adds_up_to_the_confidence(proposal: Proposal) -> None:
    belief = believe(proposal, GENERIC, 0.5)
    assert sigmoid(belief.log_odds) == pytest.approx(belief.confidence)
    assert belief.confidence == GENERIC.probability(proposal)
    assert belief.start_confidence == sigmoid(GENERIC.confidence.intercept)


def test_believe_lists_what_counts_first_and_names_what_does_not(proposal: Proposal) -> None:
    signs = believe(proposal, GENERIC, 0.5).signs
    counted = [sign for sign in signs if sign.counts]
    assert signs[: len(counted)] == tuple(counted)
    assert {sign.name for sign in counted} == set(GENERIC.confidence.weights)
    sizes = [abs(sign.points) for sign in counted]
    assert sizes == sorted(sizes, reverse=True)
    assert {sign.name for sign in signs} == set(CONFIDENCE_FEATURES) - {"agreement"}


def test_believe_counts_a_second_reader_where_there_is_one(proposal: Proposal) -> None:
    both = replace(proposal, candidate=replace(proposal.candidate, agreement=0.5))
    rule = replace(GENERIC, confidence=Linear(-1.0, {"agreement": 3.0}))
    first = believe(both, rule, 0.5).signs[0]
    assert (first.name, first.value, first.points) == ("agreement", 0.5, 1.5)
