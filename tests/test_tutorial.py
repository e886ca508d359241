"""The tutorial, followed block by block in an empty folder, to a chat on a page of its own."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parents[1]
TUTORIAL = (ROOT / "docs" / "tutorial.md").read_text("utf-8")


def steps() -> list[str]:
    """Return what is typed after the installation."""
    return re.findall(r"^```sh\n(.*?)^```", TUTORIAL.split("<!-- tried")[1], re.M | re.S)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


class Newcomer:
    """Types blocks into bash, in a folder, with `frontdesk` on the path and ports that are free."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "empty"
        self.folder.mkdir()
        programs = folder / "bin"
        programs.mkdir()
        frontdesk = programs / "frontdesk"
        frontdesk.write_text(f'#!/bin/sh\nexec "{sys.executable}" -u -m agent "$@"\n')
        frontdesk.chmod(0o755)
        self.ports = {"8080": free_port(), "8000": free_port()}
        self._environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
            "FRONTDESK_PORT": str(self.ports["8080"]),
            "FRONTDESK_STATE_DIR": str(folder / "state"),
        }

    def _on_free_ports(self, block: str) -> str:
        for named, port in self.ports.items():
            block = re.sub(rf"\b{named}\b", str(port), block)
        return block

    def types(self, block: str) -> str:
        done = subprocess.run(
            ["bash", "-euc", self._on_free_ports(block)],
            cwd=self.folder,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{block}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    @contextmanager
    def keeps_running(self, block: str, url: str) -> Iterator[None]:
        """Start what doesn't end by itself, wait until it answers, and end it afterwards."""
        with subprocess.Popen(
            ["bash", "-euc", f"exec {self._on_free_ports(block).strip()}"],
            cwd=self.folder,
            env=self._environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as process:
            try:
                for _ in range(1200):
                    try:
                        httpx.get(url)
                    except httpx.TransportError:
                        assert process.poll() is None, block
                        time.sleep(0.1)
                    else:
                        break
                yield
            finally:
                process.terminate()


@pytest.mark.slow
def test_tutorial_leads_from_nothing_to_an_embedded_chat(tmp_path: Path) -> None:
    write, index, explain, agent, settings, serve, curl, page, web = steps()
    newcomer = Newcomer(tmp_path)
    newcomer.types(write)
    asked = newcomer.types(index)
    assert "**27 days" in asked
    assert asked.count("6 %") == 1
    newcomer.types(explain)
    newcomer.types(agent)
    newcomer.types(settings)
    newcomer.types(page)
    desk = f"http://127.0.0.1:{newcomer.ports['8080']}"
    intranet = f"http://127.0.0.1:{newcomer.ports['8000']}"
    with (
        newcomer.keeps_running(serve, f"{desk}/readyz"),
        newcomer.keeps_running(web, intranet),
    ):
        assert '"status":"answered"' in newcomer.types(curl).replace(" ", "")
        if program := shutil.which("chromium") or shutil.which("chromium-browser"):
            # A thread of its own: another test's browser may have its loop in this one.
            with ThreadPoolExecutor(1) as thread:
                thread.submit(_chat_on_the_page, program, intranet).result()


def _chat_on_the_page(program: str, url: str) -> None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(url)
        page.locator("frontdesk-chat").get_by_role("button").first.click()
        page.get_by_label("Your message").fill("how do I connect to the VPN?")
        page.keyboard.press("Enter")
        page.get_by_text("Choose Connect").first.wait_for(timeout=60_000)
        browser.close()
