"""Kill `index` at many moments: the last good generation answers, and the next run mends all.

Two ways: at every single operation that changes the disk, by counting them (the sweep of
all of them is slow and opt-in, a spread of them runs always); and by SIGKILL at moments
spread over the time that a run takes.
"""

from __future__ import annotations

import importlib.util
import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from retrieval.engines.local import open_index
from retrieval.index.indexing import IndexOptions, bring_up_to_date
from retrieval.index.store import IndexStore

SCRIPT = Path(__file__).with_name("killed_run.py")


@pytest.fixture(scope="module")
def encoder() -> Any:
    """The encoder that the killed process uses."""
    spec = importlib.util.spec_from_file_location("killed_run", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.HashEncoder()


class Stage:
    """A knowledge base at generation 2, and a source that has changed since."""

    def __init__(self, root: Path, encoder: Any) -> None:
        self.root = root
        self.encoder = encoder
        self.source = root / "source"
        self.pristine = root / "pristine"
        self.source.mkdir()
        for state in ("first", "old"):
            self._write(state)
            bring_up_to_date([self.source], self.pristine, encoder=encoder)
        self._write("new")

    def _write(self, state: str) -> None:
        rows = [
            {"id": f"a{n}", "title": f"Article {n}", "body": f"This is the {state} text {n}. " * 9}
            for n in range(12)
        ]
        path = self.source / "all.jsonl"
        path.write_text("\n".join(map(json.dumps, rows)), "utf-8")
        (self.source / "page.md").write_text(f"# Page\n\nThe {state} page.\n", "utf-8")

    def fresh_kb(self, name: str, *, empty: bool) -> Path:
        kb = self.root / name
        if not empty:
            shutil.copytree(self.pristine, kb)
        return kb

    def run(self, kb: Path, moment: int, *how: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(SCRIPT), str(self.source), str(kb), str(moment), *how]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    def check(self, kb: Path, *, empty: bool) -> str:
        """Check that a good state answers and that the next run succeeds; say which it was."""
        seen = "none"
        if not empty or IndexStore(kb).exists():
            engine = open_index(kb, encoder=self.encoder)
            hits = engine.retrieve("text page", 50)
            texts = {hit.passage.text for hit in hits}
            seen = "new" if any("new" in text for text in texts) else "old"
            assert len({hit.passage.article_id for hit in hits}) == 13
            assert all(seen in text for text in texts)
            assert engine.generation == (
                {"old": "000002", "new": "000003"}[seen] if not empty else "000001"
            )
            assert not IndexStore(kb).health().problems
        report = bring_up_to_date([self.source], kb, IndexOptions(yes=True), encoder=self.encoder)
        assert report.articles == 13
        assert "new" in open_index(kb, encoder=self.encoder).retrieve("text", 1)[0].passage.text
        names = {path.name for path in (kb / "generations").iterdir()}
        assert names == set(IndexStore(kb).generations())
        assert not list(kb.glob(".*.partial"))
        return seen


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory, encoder: Any) -> Stage:
    return Stage(tmp_path_factory.mktemp("killed"), encoder)


@pytest.fixture(scope="module")
def moments(stage: Stage) -> dict[bool, int]:
    """How many moments there are: for a first run, and for an update."""
    counts = {}
    for empty in (True, False):
        kb = stage.fresh_kb(f"whole-{empty}", empty=empty)
        done = stage.run(kb, 0)
        assert done.returncode == 0, done.stderr
        counts[empty] = int(done.stdout)
        assert stage.check(kb, empty=empty) == "new"
    return counts


def kill_at(stage: Stage, moment: int, *, empty: bool, late: bool) -> str:
    kb = stage.fresh_kb(f"{moment}-{empty}-{late}", empty=empty)
    done = stage.run(kb, moment, *(["late"] if late else []))
    assert done.returncode == 9, done.stderr
    seen = stage.check(kb, empty=empty)
    shutil.rmtree(kb)
    return seen


@pytest.mark.parametrize("empty", [False, True], ids=["update", "first run"])
def test_some_moments(stage: Stage, moments: dict[bool, int], empty: bool) -> None:
    last = moments[empty]
    assert last > 30
    # The last ones are those after the switch.
    chosen = sorted({*range(2, last, last // 4), last - 1, last})
    seen = [kill_at(stage, moment, empty=empty, late=moment % 2 == 0) for moment in chosen]
    before, after = ("none" if empty else "old"), "new"
    assert {before, after} == set(seen)
    assert seen == sorted(seen, key=[before, after].index)


@pytest.mark.slow
@pytest.mark.parametrize("late", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("empty", [False, True], ids=["update", "first run"])
def test_every_moment(stage: Stage, moments: dict[bool, int], empty: bool, late: bool) -> None:
    seen = [
        kill_at(stage, moment, empty=empty, late=late) for moment in range(1, moments[empty] + 1)
    ]
    assert seen == sorted(seen, key=["none", "old", "new"].index)


@pytest.mark.slow
def test_sigkill_at_any_time(stage: Stage) -> None:
    """The kernel's own kill, spread over the length of a run, start of the process included."""
    kb = stage.fresh_kb("timed", empty=False)
    command = [sys.executable, str(SCRIPT), str(stage.source)]
    began = time.monotonic()
    subprocess.run([*command, str(kb), "0"], check=True, capture_output=True)
    whole_s = time.monotonic() - began
    killed = 0
    for step in range(24):
        kb = stage.fresh_kb(f"timed-{step}", empty=False)
        with subprocess.Popen(
            [*command, str(kb), "0"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as running:
            time.sleep(whole_s * (0.3 + 0.7 * step / 24))
            running.send_signal(signal.SIGKILL)
            killed += running.wait() == -signal.SIGKILL
        stage.check(kb, empty=False)
    assert killed > 5
