"""E-mail addresses, also those written "bob (at) example.com"."""

from __future__ import annotations

from collections.abc import Iterator

# Not `re`: its possessive quantifiers are broken before Python 3.11.5.
import regex as re

from agent.memory.privacy.personal.found import EMAIL, Found

__all__ = ["find_emails"]

# Every run of local characters is looked at once: the look-behind lets a match start only
# where a run starts, and possessive repeats never give back.
_LOCAL = r"\w.!#$%&'*+/=?^`{|}~-"
_EMAIL = re.compile(
    rf"(?<![{_LOCAL}])[{_LOCAL}]++(?:@|[ ]?[(\[]at[)\]][ ]?)"
    r"(?:\[[0-9A-Fa-f:.]{3,45}\]|[\w-]++(?:\.[\w-]++)++)"
)
_TOP_LEVEL = re.compile(r"[^\W\d_][\w-]*")


def find_emails(text: str) -> Iterator[Found]:
    """Yield the addresses in a text."""
    for match in _EMAIL.finditer(text):
        if match[0].endswith("]") and "@[" in match[0]:
            yield Found(match.start(), match.end(), EMAIL)
            continue
        end = match.end()
        # A package's version ("left-pad@1.3.0") ends in a number, an address in a name.
        while True:
            dot = text.rfind(".", match.start(), end)
            last = text[dot + 1 : end]
            if dot < 0 or "@" in last:
                break
            if len(last) >= 2 and _TOP_LEVEL.fullmatch(last):
                yield Found(match.start(), end, EMAIL)
                break
            end = dot
