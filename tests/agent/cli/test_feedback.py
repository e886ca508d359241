from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from typer.testing import CliRunner

from agent.cli.entry import app
from agent.memory.sessions import SessionStore
from agent.types import Decision, Route, Turn


def test_export_writes_and_refuses(tmp_path: Path) -> None:
    sessions = tmp_path / "s.sqlite3"
    verdict = {"status": "refused", "reason": None, "found": []}
    decision = Decision("d1", Route.ANSWER, "r", None, 0.9, {"verdict": verdict}, "Why.")
    turn = Turn("hi", "no", Route.ANSWER, None, decision, "2026-01-01T00:00:00Z", "a question")
    with SessionStore(sessions) as store:
        store.save(replace(store.create("key:a", "web"), turns=(turn,)))
    out = tmp_path / "out.csv"
    arguments = ["feedback", "export", "--sessions", str(sessions), "--out", str(out)]
    done = CliRunner().invoke(app, [*arguments, "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout) == {"out": str(out), "written": 1, "left_out": 0}
    assert "refused" in out.read_text()
    refused = CliRunner().invoke(app, [*arguments, "--format", "squad"])
    assert refused.exit_code == 2
    assert "say --kb DIR" in refused.output
    absent = [*arguments[:3], str(tmp_path / "absent"), *arguments[4:]]
    missing = CliRunner().invoke(app, absent)
    assert missing.exit_code == 1
    assert "there are no conversations" in missing.output
    assert not (tmp_path / "absent").exists()
