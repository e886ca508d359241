"""docs/api.md works as it stands: its examples run, its settings are those there are."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from agent.server.settings import Limits, Settings, WebhookSettings

PAGE = (Path(__file__).parents[4] / "docs" / "api.md").read_text("utf-8")
EXAMPLES = re.findall(r"^```sh\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)
SECRET = "s" * 40


@pytest.mark.skipif(not shutil.which("curl"), reason="curl isn't installed")
@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl isn't installed")
def test_documented_examples_run(serve: Any, tmp_path: Path) -> None:
    webhooks = {"bridge": WebhookSettings(roles=("staff",), secret=SecretStr(SECRET))}
    running = serve(webhooks=webhooks, sessions=tmp_path / "s.sqlite3")
    assert len(EXAMPLES) >= 9
    lines = ["set -euo pipefail", f"export FRONTDESK_WEBHOOK_SECRET_BRIDGE={SECRET}"]
    lines += EXAMPLES
    script = "\n".join(lines).replace("http://127.0.0.1:8080", running.url)
    # An error's status becomes an exit code.
    script = script.replace("curl -sS", "curl --fail-with-body -sS")
    done = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for part in ('"status":"answered"', "event: done", '"quote"', '"thumb":"down"', "recipient_id"):
        assert part in done.stdout, part


def test_documented_settings_are_those_there_are() -> None:
    table = PAGE.split("### Settings")[1]
    named = set(re.findall(r"`(?:limits\.)?([a-z_]+)`", table))
    ours = set(Settings.model_fields) | set(Limits.model_fields)
    assert ours - {"limits", "token", "webhooks"} <= named


def test_documented_defaults_are_the_defaults() -> None:
    limits = Limits()
    for row in (
        f"`{limits.body_bytes}`, `{limits.message_chars}`",
        f"`{limits.requests_per_minute:.0f}`, `{limits.burst}`",
        f"`{limits.wrong_keys_per_minute:.0f}`",
        f"`{limits.connections}`, `{limits.connections_per_address}`",
        f"`{limits.head_s:.0f}`, `{limits.body_s:.0f}`",
        f"`{limits.workers}`, `{limits.queue}`",
        f"`{limits.timeout_s:.0f}`, `{limits.drain_s:.0f}`",
    ):
        assert row in PAGE, row
