"""Numbers of bank accounts (IBAN).

ISO 13616, with the length by country as in the SWIFT registry and the check of ISO 7064 mod 97-10.
"""

from __future__ import annotations

from collections.abc import Iterator

import regex as re

from agent.memory.privacy.personal.found import IBAN, Found

__all__ = ["find_ibans", "is_iban"]

_IBAN_LENGTHS = {
    **dict.fromkeys(["NO"], 15),
    **dict.fromkeys(["BE"], 16),
    **dict.fromkeys(["DK", "FK", "FO", "FI", "GL", "NL", "SD"], 18),
    **dict.fromkeys(["MK", "SI"], 19),
    **dict.fromkeys(["AT", "BA", "EE", "KZ", "LT", "LU", "MN", "XK"], 20),
    **dict.fromkeys(["CH", "HR", "LI", "LV"], 21),
    **dict.fromkeys(["BG", "BH", "CR", "DE", "GB", "GE", "IE", "ME", "RS", "VA"], 22),
    **dict.fromkeys(["AE", "GI", "IL", "IQ", "OM", "SO", "TL"], 23),
    **dict.fromkeys(["AD", "CZ", "ES", "MD", "PK", "RO", "SA", "SE", "SK", "TN", "VG"], 24),
    **dict.fromkeys(["LY", "PT", "ST"], 25),
    **dict.fromkeys(["IS", "TR"], 26),
    **dict.fromkeys(["BI", "DJ", "FR", "GR", "IT", "MC", "MR", "SM"], 27),
    **dict.fromkeys(["AL", "AZ", "BY", "CY", "DO", "GT", "HN", "HU", "LB", "NI", "PL", "SV"], 28),
    **dict.fromkeys(["BR", "EG", "PS", "QA", "UA"], 29),
    **dict.fromkeys(["JO", "KW", "MU", "YE"], 30),
    **dict.fromkeys(["MT", "SC"], 31),
    **dict.fromkeys(["LC"], 32),
    **dict.fromkeys(["RU"], 33),
}
_IBAN_START = re.compile(r"(?<![^\W_])[A-Za-z]{2}[ .-]?[0-9]{2}(?=[ .\-\u00a0\u202f]?[A-Za-z0-9])")
_IBAN_GAPS = " -.\u00a0\u202f\u2009"


def is_iban(letters: str) -> bool:
    """Tell whether `letters`, without gaps, have an IBAN's length and check digits."""
    letters = letters.upper()
    if _IBAN_LENGTHS.get(letters[:2]) != len(letters):
        return False
    moved = letters[4:] + letters[:4]
    return int("".join(str(int(letter, 36)) for letter in moved)) % 97 == 1


def find_ibans(text: str) -> Iterator[Found]:
    """Yield the account numbers in a text, gaps within them allowed."""
    after = 0
    for match in _IBAN_START.finditer(text):
        length = _IBAN_LENGTHS.get(match[0][:2].upper())
        if length is None or match.start() < after:
            continue
        letters: list[str] = []
        at = match.start()
        gap = 0
        while at < len(text) and len(letters) < length:
            sign = text[at]
            if sign.isascii() and sign.isalnum():
                letters.append(sign)
                gap = 0
            elif sign in _IBAN_GAPS and gap == 0:
                gap = 1
            else:
                break
            at += 1
        if len(letters) == length and is_iban("".join(letters)):
            after = at
            yield Found(match.start(), at, IBAN)
