"""Whether the large reader reads again on this machine, in which precision, and if not, why.

It takes six times a small reader's time for a token, and twice that where the processor doesn't
multiply bfloat16 natively (most laptops, ARM); and some memory. `FRONTDESK_SECOND_READING`
decides otherwise: `bfloat16`, `float32`, `off`, or `auto`, which looks at the machine.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from qa.errors import ReaderError

__all__ = ["VARIABLE", "SecondReading", "available_memory", "second_reading"]

VARIABLE = "FRONTDESK_SECOND_READING"

_SETTINGS = ("auto", "bfloat16", "float32", "off")

# What loading and reading take, measured, with a tenth to spare.
_BYTES_NEEDED = {"bfloat16": 320 << 20, "float32": 620 << 20}


@dataclass(frozen=True)
class SecondReading:
    """What the large reader does here.

    Attributes:
        precision: What it multiplies in; None if it doesn't read.
        reason: Why it is so, for people.
        switched_off: By the setting.
    """

    precision: Literal["bfloat16", "float32"] | None
    reason: str
    switched_off: bool = False

    def __str__(self) -> str:
        """Return it as a line of `info`."""
        if self.precision is None:
            return f"the small reader reads alone: {self.reason}"
        return (
            f"a large reader checks the small one's best spans, in {self.precision} ({self.reason})"
        )


def second_reading(weights: Path) -> SecondReading:
    """Decide it, from the setting and the machine.

    Args:
        weights: The large reader's folder.

    Raises:
        ReaderError: The setting is unknown.
    """
    setting = os.environ.get(VARIABLE, "").strip().lower() or "auto"
    if setting not in _SETTINGS:
        msg = f"{VARIABLE} is {setting!r}. Expected one of {', '.join(_SETTINGS)}."
        raise ReaderError(msg)
    if setting == "off":
        return SecondReading(None, f"{VARIABLE} is 'off'", switched_off=True)
    if not (weights / "config.json").is_file():
        return SecondReading(None, f"the large reader's weights aren't in {str(weights)!r}")
    if setting == "bfloat16":
        return SecondReading("bfloat16", f"as {VARIABLE} says")
    if setting == "float32":
        return SecondReading("float32", f"as {VARIABLE} says")
    from retrieval.encoding.bert import has_fast_bfloat16

    fast = has_fast_bfloat16()
    precision: Literal["bfloat16", "float32"] = "bfloat16" if fast else "float32"
    free, needed = available_memory(), _BYTES_NEEDED[precision]
    if free is not None and free < needed:
        return SecondReading(
            None, f"{free >> 20} MB of memory are free, and it needs {needed >> 20} MB"
        )
    native = "multiplies it natively" if fast else "has no native bfloat16"
    return SecondReading(precision, f"the processor {native}")


def available_memory(
    meminfo: Path = Path("/proc/meminfo"), cgroup: Path = Path("/sys/fs/cgroup")
) -> int | None:
    """Return how many bytes this process may still take; None where nothing tells.

    Args:
        meminfo: Linux's account of the machine's memory.
        cgroup: The container's limits (version 2).
    """
    found: list[int] = []
    try:
        fields = dict(line.split(":", 1) for line in meminfo.read_text("ascii").splitlines())
        found.append(int(fields["MemAvailable"].split()[0]) << 10)
    except (OSError, ValueError, KeyError):
        pass
    try:
        most = int((cgroup / "memory.max").read_text("ascii"))
        found.append(max(0, most - int((cgroup / "memory.current").read_text("ascii"))))
    except (OSError, ValueError):
        pass
    return min(found, default=None)
