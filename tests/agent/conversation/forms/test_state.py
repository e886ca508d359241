from __future__ import annotations

from order_form import said, summary

from agent.conversation.forms import FormOutcome


def test_fill_asks_again_for_values_that_no_longer_fit() -> None:
    masked = summary(contact="[e-mail]", needed_by="2026-11-01")
    step = said(masked, "yes")
    assert step.outcome is FormOutcome.ASK
    assert step.progress is not None
    assert step.progress.asking == "needed_by"
    assert "contact" not in step.progress.slots
