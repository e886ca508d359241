"""What a score was measured with: so that two scores can be told apart, or compared.

Every evaluation prints one beside its figures. It is a short JSON object, not a secret:
hashes stand for what is long, and paths are left out.
"""

from __future__ import annotations

import json
import platform
import subprocess
from collections.abc import Mapping, Sequence
from functools import cache
from hashlib import sha256
from importlib import metadata
from pathlib import Path
from typing import Any

from retrieval.system.durable import digest as file_digest

__all__ = ["signature"]

_LIBRARIES = (
    "numpy",
    "torch",
    "transformers",
    "tokenizers",
    "faiss-cpu",
    "rank-bm25",
    "PyStemmer",
)


def signature(
    files: Sequence[Path],
    configuration: Mapping[str, Any],
    *,
    n: int | None = None,
    seed: int | None = None,
    device: str = "cpu",
) -> dict[str, Any]:
    """Describe an evaluation.

    Args:
        files: The data files that were read, in the order of the command line.
        configuration: All that the result depends on beside the data and the code
            (encoder id, weights, options), as JSON values.
        n: How many examples were scored.
        seed: Of whatever was drawn at random; None where nothing was.
        device: Where the models ran.

    Returns:
        `version`, `commit` (None outside a checkout, "-dirty" with changes in it),
        `data_sha256`, `configuration_sha256`, `seed`, `device`, `libraries`, and `n` if given.
    """
    text = json.dumps(configuration, sort_keys=True, ensure_ascii=False, default=str)
    digest = sha256()
    for path in files:
        digest.update(bytes.fromhex(file_digest(path)))
    described: dict[str, Any] = {
        "version": _installed("frontdesk") or "unknown",
        "commit": _commit(),
        # One file is signed by its own hash, several by the hash of their hashes.
        "data_sha256": file_digest(files[0]) if len(files) == 1 else digest.hexdigest(),
        "configuration_sha256": sha256(text.encode("utf-8", "surrogatepass")).hexdigest(),
        "seed": seed,
        "device": device,
        "libraries": {
            "python": platform.python_version(),
            **{name: version for name in _LIBRARIES if (version := _installed(name))},
        },
    }
    if n is not None:
        described["n"] = n
    return described


def _installed(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


@cache
def _commit() -> str | None:
    root = Path(__file__).resolve().parents[2]
    # A wheel may lie inside somebody else's repository: only our own checkout counts.
    if not (root / ".git").exists() or not (root / "pyproject.toml").exists():
        return None
    command = ["git", "-C", str(root), "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() or None
