"""The loss of start and end: each window by itself, and the windows of one question together.

A window by itself is normalised over [CLS], which is "none", and its passage's tokens (Devlin
et al., 2019, section 4.3). Its margin, the span's score over the null score, then says whether
this passage answers, but nothing makes the margins of two passages compare: a look-alike may
have a higher one than the passage that answers.

So the windows of one question are normalised together too: Clark and Gardner, "Simple and
Effective Multi-Paragraph Reading Comprehension" (2018), section 3.3, the shared norm. What is
shared here is the scale that margins have: every token's logit over its own window's null, and
one "none" at 0 for all windows. For a window alone the two losses are the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from qa.workshop.training.prediction import span_logits

if TYPE_CHECKING:
    from qa.workshop.training.prediction import SpanNetwork

__all__ = ["span_loss"]

_MASKED = -1e4


def span_loss(
    model: SpanNetwork, batch: dict[str, torch.Tensor], *, n_windows: int, n_units: int
) -> torch.Tensor:
    """Return a part's share of a step's loss, nats: the mean of windows apart and together.

    Args:
        model: Gives the logits.
        batch: From `prediction.stack_windows`, with `start` and `end`, (windows,) the tokens
            where the answer starts and ends, 0 for none; and `unit`, (windows,) ascending from
            0, the same for the windows of one question.
        n_windows: Of the whole step.
        n_units: Of the whole step.
    """
    loss = torch.zeros(())
    for logits, target in zip(
        span_logits(model, batch), (batch["start"], batch["end"]), strict=True
    ):
        apart, together = _losses(logits, batch["allowed"], target, batch["unit"])
        loss = loss.to(logits.device) + apart / n_windows / 4 + together / n_units / 4
    return loss


def _losses(
    logits: torch.Tensor, allowed: torch.Tensor, target: torch.Tensor, unit: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the cross-entropy summed over windows apart, and over units of windows together.

    Args:
        logits: (windows, tokens).
        allowed: (windows, tokens) True for the passage's tokens.
        target: (windows,) a token; 0 is none.
        unit: (windows,).
    """
    # [CLS]'s own is 0, which is the null of its window and of its unit.
    over_null = (logits - logits[:, :1]).masked_fill(~allowed, _MASKED)
    answers = target > 0
    gold = over_null.gather(1, target[:, None])[:, 0].masked_fill(~answers, 0.0)
    spans = torch.logsumexp(over_null, dim=1)
    apart = torch.nn.functional.softplus(spans) - gold
    n_units = int(unit[-1]) + 1
    # (units, windows): a window's value in its own unit's row.
    own = unit[None, :] == torch.arange(n_units, device=unit.device)[:, None]
    all_spans = torch.logsumexp(torch.where(own, spans[None, :], _MASKED), dim=1)
    answered = own & answers[None, :]
    # More than one window may answer: the sum of their shares counts.
    all_golds = torch.logsumexp(torch.where(answered, gold[None, :], _MASKED), dim=1)
    all_golds = torch.where(answered.any(dim=1), all_golds, 0.0)
    together = torch.nn.functional.softplus(all_spans) - all_golds
    return apart.sum(), together.sum()
