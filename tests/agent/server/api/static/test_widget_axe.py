"""No rule of axe-core is broken, in any state, by light or in the dark."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

axe = pytest.importorskip(
    "axe_playwright_python.sync_playwright", reason="axe-playwright-python isn't installed"
)

PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 800}


def conversation(page: Any, ask: Callable[[Any, str], None]) -> None:
    for word in ("vpn", "wifi", "scanner", "nothing", "person", "choose"):
        ask(page, word)


def article(page: Any, ask: Callable[[Any, str], None]) -> None:
    ask(page, "wifi")
    page.locator(".log > .reply").last.get_by_role("link").click()
    page.get_by_role("dialog").locator("mark").wait_for()


def failure(page: Any, ask: Callable[[Any, str], None]) -> None:
    page.get_by_label("Your message").fill("explode")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Send again").wait_for()


def waiting(page: Any, ask: Callable[[Any, str], None]) -> None:
    page.route(
        "**/v1/chat",
        lambda route: route.fulfill(status=503, headers={"Retry-After": "60"}, json={}),
    )
    page.get_by_label("Your message").fill("vpn")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Try now").wait_for()


def correction(page: Any, ask: Callable[[Any, str], None]) -> None:
    ask(page, "vpn")
    page.get_by_role("button", name="Not helpful").click()
    page.get_by_label("What would have been right?").wait_for()


def reset(page: Any, ask: Callable[[Any, str], None]) -> None:
    ask(page, "vpn")
    page.get_by_role("button", name="New conversation").click()
    page.get_by_role("dialog").wait_for()


def window(page: Any, ask: Callable[[Any, str], None]) -> None:
    page.evaluate("document.querySelector('frontdesk-chat').removeAttribute('mode')")
    page.get_by_role("button", name="Open chat").click()
    ask(page, "vpn")


ALL_STATES = (conversation, article, failure, waiting, correction, reset, window)
STATES = [
    pytest.param(state, marks=() if n < 3 else (pytest.mark.slow,))
    for n, state in enumerate(ALL_STATES)
]


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(sit_down: Any, ask: Any, state: Any, scheme: str) -> None:
    page = sit_down(color_scheme=scheme, viewport=PHONE if scheme == "dark" else DESKTOP)
    state(page, ask)
    found = axe.Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
