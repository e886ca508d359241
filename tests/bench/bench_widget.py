"""Weigh the widget's first load over the wire, and count what axe-core finds in it.

    python tests/bench/bench_widget.py

A real server with a scripted desk (that of the widget's tests); bytes are bodies and headers
as they come in, compressed. Without Chromium or the dev group axe's figures are null.
"""

from __future__ import annotations

import importlib.util
import json
import shutil
import sys
import tempfile
from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parent.parent
TESTS = ROOT / "agent" / "server" / "api" / "static"
PAGE = ("/", "/page.css", "/page.js", "/icon.svg", "/widget.js")


def main() -> None:
    """Print one JSON object: bytes, and violations by impact."""
    sys.path.insert(0, str(ROOT / "shared"))
    parts = _load("conftest")
    with tempfile.TemporaryDirectory() as folder, parts.serving(Path(folder), {}) as served:
        weights = {path: _bytes(served.url, path) for path in PAGE}
        violations = _violations(served.url)
    figures = {
        "widget_bytes": weights["/widget.js"],
        "page_bytes": sum(weights.values()),
        "axe": violations,
    }
    json.dump(figures, sys.stdout, indent=2)
    sys.stdout.write("\n")


def _bytes(url: str, path: str) -> int:
    with (
        httpx.Client(base_url=url, headers={"Accept-Encoding": "gzip"}) as client,
        client.stream("GET", path) as response,
    ):
        body = sum(len(chunk) for chunk in response.iter_raw())
        head = sum(len(name) + len(value) + 4 for name, value in response.headers.raw)
    return body + head


def _violations(url: str) -> dict[str, Any] | None:
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None or importlib.util.find_spec("axe_playwright_python") is None:
        return None
    from axe_playwright_python.sync_playwright import Axe
    from playwright.sync_api import sync_playwright

    states = _load("test_widget_axe")
    found: Counter[str] = Counter()
    n_runs = 0
    with sync_playwright() as started:
        browser = started.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        for scheme in ("light", "dark"):
            for viewport in (states.PHONE, states.DESKTOP):
                for state in states.ALL_STATES:
                    context = browser.new_context(
                        color_scheme=scheme, viewport=viewport, reduced_motion="reduce"
                    )
                    page = context.new_page()
                    page.goto(url)
                    state(page, _ask)
                    n_runs += 1
                    for violation in Axe().run(page).response["violations"]:
                        found[violation["impact"]] += 1
                    context.close()
        browser.close()
    impacts = ("minor", "moderate", "serious", "critical")
    return {"runs": n_runs, **{impact: found[impact] for impact in impacts}}


def _ask(page: Any, message: str) -> None:
    replies = page.locator(".log > .reply")
    before = replies.count()
    page.get_by_label("Your message").fill(message)
    page.keyboard.press("Enter")
    replies.nth(before).wait_for()


def _load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"widget_{name}", TESTS / f"{name}.py")
    if spec is None or spec.loader is None:
        raise FileNotFoundError(f"{name}.py isn't in {TESTS}, expected beside the widget's tests")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    main()
