"""`frontdesk --help` answers at once because nothing heavy is imported for it."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = (
    "torch",
    "transformers",
    "faiss",
    "numpy",
    "scipy",
    "bs4",
    "pypdfium2",
    "mammoth",
    "rich",
    "PIL",
)


@pytest.mark.parametrize(
    "arguments", [["--help"], ["ask", "--help"], ["explain", "--help"], ["index", "--help"]]
)
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    code = (
        "import sys\n"
        "from agent.cli.entry import main\n"
        f"sys.argv = ['frontdesk', *{arguments!r}]\n"
        "try:\n"
        "    main()\n"
        "except SystemExit as done:\n"
        "    assert done.code in (0, None), done.code\n"
        f"heavy = [name for name in {HEAVY!r} if name in sys.modules]\n"
        "sys.exit(f'imported: {heavy}' if heavy else 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Usage" in done.stdout


@pytest.mark.parametrize("room", ["retrieval", "qa", "agent"])
def test_package_import_is_light(room: str) -> None:
    code = (
        f"import sys, {room}\n"
        "sys.exit(','.join(n for n in ('torch', 'transformers', 'faiss') if n in sys.modules) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
