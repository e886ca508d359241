"""Bytes to text: UTF-8, or UTF-16 with a byte-order mark, and nothing by guess.

A wrong guess would put mojibake into every quote, so anything else is refused with the
place of the first bad byte and the way out.
"""

from __future__ import annotations

import codecs

from retrieval.errors import ArticleError

__all__ = ["decode", "decoding_failure", "refuse_unmarked_utf16"]

_CONVERT = "save it as UTF-8 (for instance: iconv -f WINDOWS-1252 -t UTF-8 IN > OUT)"


def decode(raw: bytes) -> str:
    r"""Return the text of a file, without its byte-order mark, line ends untouched.

    Args:
        raw: The whole file.

    Raises:
        ArticleError: The bytes are not UTF-8, nor UTF-16 with a byte-order mark.

    Example:
        >>> decode(b"\xef\xbb\xbfa\r\nb")
        'a\r\nb'
    """
    if raw.startswith(codecs.BOM_UTF8):
        return _decode(raw, "utf-8", "UTF-8", skip=3)
    # UTF-32's little-endian mark starts with UTF-16's.
    if raw.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise ArticleError(f"the text is UTF-32, which is not read: {_CONVERT}")
    if raw.startswith(codecs.BOM_UTF16_LE):
        return _decode(raw, "utf-16-le", "UTF-16", skip=2)
    if raw.startswith(codecs.BOM_UTF16_BE):
        return _decode(raw, "utf-16-be", "UTF-16", skip=2)
    refuse_unmarked_utf16(raw[:512])
    return _decode(raw, "utf-8", "UTF-8", skip=0)


def decoding_failure(error: UnicodeDecodeError, name: str, *, offset: int = 0) -> str:
    """Say where decoding stopped and what to do.

    Args:
        error: As Python raised it.
        name: The encoding that was tried, in words.
        offset: Bytes of the file before the ones that were decoded.
    """
    bad = error.object[error.start : error.start + 1].hex().upper() or "none"
    return (
        f"the text is not {name}: byte 0x{bad} at offset {error.start + offset:,} "
        f"({error.reason}); {_CONVERT}"
    )


def refuse_unmarked_utf16(start: bytes) -> None:
    """Refuse text that would pass for UTF-8 full of NULs.

    Args:
        start: The first bytes of a file.

    Raises:
        ArticleError: Every second byte is NUL, and only every second.
    """
    even, odd = start[::2], start[1::2]
    if len(start) >= 8 and (not even.strip(b"\0")) != (not odd.strip(b"\0")):
        raise ArticleError(
            "every second byte is NUL, so the text looks like UTF-16 without a byte-order mark: "
            "save it as UTF-8, or with the mark"
        )


def _decode(raw: bytes, codec: str, name: str, *, skip: int) -> str:
    try:
        return raw[skip:].decode(codec)
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start + skip) + 1
        reason = decoding_failure(error, name, offset=skip)
        raise ArticleError(reason, line=line if codec == "utf-8" else None) from error
