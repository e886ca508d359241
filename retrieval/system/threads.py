"""How idle threads wait: asleep, so that a busy machine goes on working.

OpenMP's threads, by which torch and FAISS share out their loops, spin at the end of every
loop until the last of them is done. On a machine with other work that last one waits for a
core on which another one spins: reading ten passages took 30 times as long beside a training
run on two cores. Waiting asleep costs some microseconds a loop where nothing else runs.
See OMP_WAIT_POLICY in the OpenMP specification, section 6.7.
"""

from __future__ import annotations

import os

__all__ = ["wait_asleep"]


def wait_asleep() -> None:
    """Ask OpenMP to let waiting threads sleep, unless the environment says otherwise.

    It is read once, when a library brings OpenMP in: call this before torch is imported.
    """
    if "OMP_WAIT_POLICY" not in os.environ and "GOMP_SPINCOUNT" not in os.environ:
        os.environ["OMP_WAIT_POLICY"] = "PASSIVE"
