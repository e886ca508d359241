"""The loss: each window's cross-entropy, and one softmax over the windows of a question."""

from __future__ import annotations

import pytest
import torch

from qa.workshop.training.loss import _losses

LOGITS = torch.tensor(
    [
        [0.5, 9.0, 2.0, 1.0, -1.0, 9.0],
        [1.5, 9.0, 0.0, 3.0, 0.5, 9.0],
        [-1.0, 9.0, 0.0, 0.0, 1.0, 9.0],
    ]
)
ALLOWED = torch.tensor([[False, False, True, True, True, False]] * 3)


def losses(target: list[int], unit: list[int]) -> tuple[float, float]:
    apart, together = _losses(LOGITS, ALLOWED, torch.tensor(target), torch.tensor(unit))
    return float(apart), float(together)


def test_losses_apart_are_the_cross_entropy_over_cls_and_passage() -> None:
    allowed = ALLOWED.clone()
    allowed[:, 0] = True
    logits = LOGITS.masked_fill(~allowed, -1e4)
    expected = torch.nn.functional.cross_entropy(logits, torch.tensor([2, 0, 4]), reduction="sum")
    assert losses([2, 0, 4], [0, 0, 1])[0] == pytest.approx(float(expected), abs=1e-5)


def test_losses_of_windows_alone_are_the_same_together() -> None:
    apart, together = losses([2, 0, 4], [0, 1, 2])
    assert together == pytest.approx(apart, abs=1e-5)


def test_losses_together_share_one_none() -> None:
    # Over their own nulls: the first window's tokens, then the second's, and one none at 0.
    scores = torch.tensor([0.0, 1.5, 0.5, -1.5, -1.5, 1.5, -1.0])
    expected = torch.nn.functional.cross_entropy(scores, torch.tensor(1))
    alone = torch.nn.functional.cross_entropy(torch.tensor([0.0, 1.0, 1.0, 2.0]), torch.tensor(3))
    together = losses([2, 0, 4], [0, 0, 1])[1]
    assert together == pytest.approx(float(expected + alone), abs=1e-5)


def test_losses_together_of_no_answer_are_nones_share() -> None:
    scores = torch.tensor([0.0, 1.5, 0.5, -1.5, -1.5, 1.5, -1.0, 1.0, 1.0, 2.0])
    expected = torch.nn.functional.cross_entropy(scores, torch.tensor(0))
    assert losses([0, 0, 0], [0, 0, 0])[1] == pytest.approx(float(expected), abs=1e-5)


def test_losses_together_add_up_the_windows_that_answer() -> None:
    scores = torch.tensor([0.0, 1.5, 0.5, -1.5, -1.5, 1.5, -1.0])
    shares = torch.softmax(scores, dim=0)
    expected = -torch.log(shares[1] + shares[5])
    two = losses([2, 3, 0], [0, 0, 1])[1] - losses([0, 0, 0], [0, 1, 2])[1]
    first_two = sum(
        float(torch.nn.functional.cross_entropy(row[[0, 2, 3, 4]][None], torch.tensor([0])))
        for row in LOGITS[:2]
    )
    assert two == pytest.approx(float(expected) - first_two, abs=1e-5)
