"""One writer at a time, and who holds the lock."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from retrieval.errors import IndexingError, IndexLocked
from retrieval.index.lock import writer_lock

HOLD = (
    "import sys, time\n"
    "from pathlib import Path\n"
    "from retrieval.index.lock import writer_lock\n"
    "with writer_lock(Path(sys.argv[1])):\n"
    "    print('held', flush=True)\n"
    "    time.sleep(60)\n"
)


def test_second_writer_is_refused_and_told_who_holds_the_lock(tmp_path: Path) -> None:
    with (
        writer_lock(tmp_path),
        pytest.raises(IndexLocked, match=rf"process {os.getpid()} on .*nothing was changed"),
        writer_lock(tmp_path),
    ):
        pass


def test_lock_is_free_again_after_the_block(tmp_path: Path) -> None:
    with writer_lock(tmp_path):
        pass
    with pytest.raises(ZeroDivisionError), writer_lock(tmp_path):
        _ = 1 / 0
    with writer_lock(tmp_path):
        assert json.loads((tmp_path / "LOCK.json").read_bytes())["pid"] == os.getpid()
    assert not (tmp_path / "LOCK.json").exists()


def test_second_thread_is_refused_too(tmp_path: Path) -> None:
    refused = []

    def write() -> None:
        try:
            with writer_lock(tmp_path):
                pass
        except IndexLocked as error:
            refused.append(error)

    with writer_lock(tmp_path):
        thread = threading.Thread(target=write)
        thread.start()
        thread.join()
    assert len(refused) == 1


def test_another_process_excludes_us_until_it_is_killed(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with (
            pytest.raises(IndexLocked, match=f"process {holder.pid} on"),
            writer_lock(tmp_path),
        ):
            pass
        holder.kill()
    with writer_lock(tmp_path):
        pass


def test_unknown_holder_is_not_named(tmp_path: Path) -> None:
    with writer_lock(tmp_path):
        (tmp_path / "LOCK.json").write_text("{", encoding="utf-8")
        with (
            pytest.raises(IndexLocked, match="by another process: nothing was changed"),
            writer_lock(tmp_path),
        ):
            pass


def test_folder_that_cannot_be_locked_is_an_error_of_ours(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(IndexingError, match="can't be locked"), writer_lock(tmp_path / "file"):
        pass
