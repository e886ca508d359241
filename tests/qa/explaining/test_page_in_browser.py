"""The page as a browser shows it: nothing is loaded, nothing overflows, axe-core has no word."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from qa.deciding.calibration import GENERIC
from qa.explaining.explain import explain
from qa.explaining.page import page
from qa.openbook import OpenBook
from qa.reading.span_reader import SpanReader
from retrieval.types import Article, Passage

Make = Callable[..., Any]

PROGRAM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
# In a process of its own: the library runs one browser driver per process at a time.
LOOK = """
import json, sys
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

program, address = sys.argv[1:]
seen = []
with sync_playwright() as started:
    browser = started.chromium.launch(
        executable_path=program, args=["--no-sandbox", "--disable-dev-shm-usage"]
    )
    for scheme, width in (("light", 1280), ("dark", 390)):
        page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
        said, asked = [], []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(address)
        heads = page.locator("select")
        caption = ""
        if heads.count():
            heads.select_option("1 0")
            caption = page.locator(".chooser caption").inner_text()
        seen.append({
            "said": said,
            "asked": asked,
            "overflow": page.evaluate("document.documentElement.scrollWidth - innerWidth"),
            "broken": [rule["id"] for rule in Axe().run(page).response["violations"]],
            "caption": caption,
        })
        page.close()
    browser.close()
print(json.dumps(seen))
"""


@pytest.mark.skipif(PROGRAM is None, reason="there is no chromium on the PATH")
@pytest.mark.skipif(
    importlib.util.find_spec("axe_playwright_python") is None,
    reason="axe-playwright-python isn't installed (it is in the dev group)",
)
def test_page_in_a_browser(
    reader: SpanReader, fake_engine: Make, cut_passage: Callable[..., Passage], tmp_path: Path
) -> None:
    article = Article(
        "hours", "Hours", "The desk opens at 8:30 on weekdays.\n\nRing the bell.\n" * 3
    )
    engine = fake_engine([article], [cut_passage(article, headings=("In Riverton",))])
    book = OpenBook(engine, reader, calibration=replace(GENERIC, threshold=0.0))
    out = tmp_path / "why.html"
    question = "When does the desk open on Saturdays, and where do I ring the bell? " + "x" * 300
    out.write_text(page(explain(book, question)), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", LOOK, str(PROGRAM), out.as_uri()],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    for seen in json.loads(done.stdout):
        assert seen["said"] == []
        assert seen["asked"] == [out.as_uri()]
        assert seen["overflow"] <= 0
        assert seen["broken"] == []
        assert seen["caption"].startswith("Layer 2, head 1") == reader.id.startswith("tiny")
