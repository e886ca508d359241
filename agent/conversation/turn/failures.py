"""What is logged of a failure inside a turn."""

from __future__ import annotations

import logging

__all__ = ["log_failure"]

_log = logging.getLogger(__name__)


def log_failure(error: BaseException) -> None:
    """Log what failed and where, without its message: that may quote the person."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = "" if trace is None else f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"
    _log.error("%s at %s", type(error).__name__, where)
