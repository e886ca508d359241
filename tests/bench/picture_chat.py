"""Take the picture of the chat page that the README shows: a real server, a real browser.

    python tests/bench/picture_chat.py build/demo docs/images/chat.png

Needs Chromium and the dev group; `make pictures` indexes the sample articles first.
"""

from __future__ import annotations

import io
import shutil
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright
from serving import ServerProcess

MESSAGES = ("how much is the mileage rate?", "how do I set up the VPN on my Mac?")
SIZE = {"width": 760, "height": 900}
COLOURS = 128


def main() -> None:
    """Write the picture."""
    kb, target = map(Path, sys.argv[1:])
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    with tempfile.TemporaryDirectory() as folder:
        server = ServerProcess(kb.resolve(), Path(folder))
        try:
            taken = _picture(server.url, program)
        finally:
            server.stop()
    small = Image.open(io.BytesIO(taken)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    target.parent.mkdir(parents=True, exist_ok=True)
    small.save(target, optimize=True)
    sys.stdout.write(f"{target}: {target.stat().st_size / 1000:.0f} kB\n")


def _picture(url: str, program: str | None) -> bytes:
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page(viewport=SIZE, color_scheme="light", reduced_motion="reduce")
        page.goto(url)
        replies = page.locator(".log > .reply")
        for message in MESSAGES:
            before = replies.count()
            page.get_by_label("Your message").fill(message)
            page.keyboard.press("Enter")
            replies.nth(before).wait_for(timeout=120_000)
        page.wait_for_timeout(1_000)
        taken = page.screenshot()
        browser.close()
    return taken


if __name__ == "__main__":
    main()
