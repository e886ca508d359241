"""Sharded master weights: the same steps as plain AdamW, and a state that comes back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from qa.errors import TrainingError
from qa.workshop.training.optimizer import MasterWeights


def small_model(dtype: torch.dtype = torch.float32) -> torch.nn.Module:
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Linear(4, 5), torch.nn.Linear(5, 3)).to(dtype)


def masters_of(model: torch.nn.Module, **choices: float) -> MasterWeights:
    originals = {name: p.detach().float().clone() for name, p in model.named_parameters()}
    settings = {"weight_decay": 0.1, "clip_norm": 0.5, **choices}
    return MasterWeights(model, originals, **settings)


def gradients(seed: int, masters: MasterWeights) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(p.shape, generator=generator) for p in masters.parameters]


def test_step_equals_plain_adamw_with_clipping() -> None:
    model, plain = small_model(), small_model()
    masters = masters_of(model)
    optimizer = torch.optim.AdamW(
        [
            {"params": [p for p in plain.parameters() if p.ndim > 1], "weight_decay": 0.1},
            {"params": [p for p in plain.parameters() if p.ndim == 1], "weight_decay": 0.0},
        ],
        betas=(0.9, 0.98),
        eps=1e-6,
    )
    with ThreadPoolExecutor(3) as workers:
        for step in range(4):
            first, second = gradients(step, masters), gradients(100 + step, masters)
            for group in optimizer.param_groups:
                group["lr"] = 0.1 / (step + 1)
            for parameter, one, two in zip(plain.parameters(), first, second, strict=True):
                parameter.grad = one + two
            norm = torch.nn.utils.clip_grad_norm_(plain.parameters(), 0.5)
            optimizer.step()
            found = masters.step([first, second], learning_rate=0.1 / (step + 1), workers=workers)
            assert found == pytest.approx(float(norm), rel=1e-5)
    for ours, theirs in zip(model.parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-6)


def test_step_keeps_what_bf16_would_swallow() -> None:
    model = small_model(torch.bfloat16)
    masters = masters_of(model, clip_norm=1e9, weight_decay=0.0)
    before = masters.weights()["0.weight"].clone()
    ones = [torch.ones_like(parameter) for parameter in masters.parameters]
    with ThreadPoolExecutor(1) as workers:
        for _ in range(3):
            masters.step([ones], learning_rate=1e-5, workers=workers)
    moved = before - masters.weights()["0.weight"]
    torch.testing.assert_close(moved, torch.full_like(moved, 3e-5), rtol=0.02, atol=0)
    assert model[0].weight.dtype == torch.bfloat16  # type: ignore[index]


def test_restore_goes_on_as_if_unbroken() -> None:
    model, other = small_model(torch.bfloat16), small_model(torch.bfloat16)
    masters, resumed = masters_of(model), masters_of(other)
    with ThreadPoolExecutor(2) as workers:
        masters.step([gradients(1, masters)], learning_rate=0.1, workers=workers)
        weights = {name: tensor.clone() for name, tensor in masters.weights().items()}
        state = {name: tensor.clone() for name, tensor in masters.state().items()}
        resumed.restore(weights, state)
        for each in (masters, resumed):
            each.step([gradients(2, masters)], learning_rate=0.1, workers=workers)
    for ours, theirs in zip(model.parameters(), other.parameters(), strict=True):
        assert torch.equal(ours, theirs)


def test_restore_refuses_other_weights() -> None:
    masters = masters_of(small_model())
    with pytest.raises(TrainingError, match="lacks a fitting weight"):
        masters.restore({}, {})
