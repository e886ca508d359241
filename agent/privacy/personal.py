"""Where a text holds an e-mail address, an IBAN, a payment card's or a telephone number.

Patterns and arithmetic alone, linear in the text's length: no list of names, no network.
Doubt is decided by the words around: "call 555 0199" is a telephone number, "order 4500012345"
is not. Dates, times, prices, versions and IP addresses stay as they are.

Sources: Luhn is ISO/IEC 7812-1 annex B; IBANs are ISO 13616 (length by country as in the SWIFT
registry) with the check of ISO 7064 mod 97-10; E.164 bounds international numbers at 15 digits.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

# Not `re`: its possessive quantifiers are broken before Python 3.11.5.
import regex as re

__all__ = ["CARD", "EMAIL", "IBAN", "PHONE", "Found", "find_personal", "is_card", "is_iban"]

EMAIL = "e-mail"
PHONE = "phone"
CARD = "card"
IBAN = "IBAN"


class Found(NamedTuple):
    """Personal data at the half-open place `[start, end)` of a text."""

    start: int
    end: int
    label: str


def find_personal(text: str) -> list[Found]:
    """Return what is found, in the order of the text; nothing overlaps within one kind.

    >>> find_personal("Mail jo@example.com")
    [Found(start=5, end=19, label='e-mail')]
    """
    found: list[Found] = []
    if "@" in text or "(at)" in text or "[at]" in text:
        found += _emails(text)
    if _DIGIT.search(text) is not None:
        found += _ibans(text)
        found += _numbers(text)
    found.sort()
    return found


_DIGIT = re.compile(r"\d")

# --- e-mail addresses ------------------------------------------------------------------

# Every run of local characters is looked at once: the look-behind lets a match start only
# where a run starts, and possessive repeats never give back.
_LOCAL = r"\w.!#$%&'*+/=?^`{|}~-"
_EMAIL = re.compile(
    rf"(?<![{_LOCAL}])[{_LOCAL}]++(?:@|[ ]?[(\[]at[)\]][ ]?)"
    r"(?:\[[0-9A-Fa-f:.]{3,45}\]|[\w-]++(?:\.[\w-]++)++)"
)
_TOP_LEVEL = re.compile(r"[^\W\d_][\w-]*")


def _emails(text: str) -> Iterator[Found]:
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


# --- IBANs -----------------------------------------------------------------------------

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


def _ibans(text: str) -> Iterator[Found]:
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


# --- numbers ---------------------------------------------------------------------------

# Spaces of all kinds, dashes, dots, slashes, brackets, and signs that can't be seen.
_SPACE = " \t\u00a0\u1680\u2000-\u200f\u202f\u205f\u2060\u3000\ufeff\u00ad"
_GAP = f"[{_SPACE}.\\-\u2010-\u2015\u2212/()\uff0d]"
_RUN = re.compile(rf"[(\[]?[+\uff0b]?[(]?\d++(?:{_GAP}{{1,4}}[+\uff0b]?\d++)*+")
_GROUP = re.compile(r"\d+")
_INVISIBLE = re.compile("[\u200b-\u200f\u2060\ufeff\u00ad]")
_LEAST_DIGITS = 7
_MOST_DIGITS = 15
_MOST_GROUPS = 8
_CUE_CHARS = 40

_PHONE_CUE = re.compile(
    r"\b(?:tele?(?:phone|fono|fon|fonnummer)?|phone|mobiles?|cell(?:phone|ular)?|fax|whats ?app|"
    r"call(?: \w+)? (?:on|at|back)|call(?: me| us| him| her| them)?|ring(?: me)?|dial|sms|"
    r"text(?: me)|reach(?:ed)?(?: me| us)?(?: on| at)?|contact(?: me| us)?(?: on| at)?|hotline|"
    r"(?:my|our|his|her|their) (?:\w+ )?numbers?|landline|pager|handy|m[oó]vil|t[ée]l[ée]phone|"
    r"t[ée]l|portable|rufnummer|anruf\w*|wa\.me|callback)\b",
    re.IGNORECASE,
)
_OTHER_CUE = re.compile(
    r"\b(?:orders?|tickets?|cases?|incidents?|invoices?|requests?|ref(?:erence)?|articles?|"
    r"serials?|assets?|tracking|parcels?|shipments?|purchase|po|customers?|accounts?|employees?|"
    r"ids?|codes?|versions?|builds?|release|kb|inc|req|sku|parts?|models?|imei|ean|isbn|ports?|"
    r"rooms?|licen[cs]e|contracts?|bookings?|policy|batch|error|event|timestamp|epoch|row|"
    r"transaction|bestellung|auftrag|commande|pedido|vat|tax|pin|zip|postcode|firmware|driver|"
    r"patch|update)\b",
    re.IGNORECASE,
)
_MONEY_BEFORE = re.compile(
    r"(?:[€$£¥₹]|\b(?:EUR|USD|GBP|CHF|INR|JPY|price|costs?|total))\s?$", re.I
)
_MEASURE_AFTER = re.compile(
    r"\s?(?:[€$£¥₹%]|(?:EUR|USD|GBP|CHF|INR|JPY|PLN|SEK|NOK|DKK|kr|euros?|dollars?|pounds|bytes?|"
    r"[kKMGT]i?B|rows|people|users|files|records|ms|seconds|km|kg)\b)"
)
# What stands right before a number that is a name's part: "INC-0012345678", "#4155552671".
_NAME_BEFORE = re.compile(r"(?:[^\W\d]|[^\W\d][-_/.]|[#_=&/\\:@]|\d[,:])$")
_EXTENSION = re.compile(r",?\s?(?:x|ext\.?|extension)\s?\d{1,6}(?!\d)", re.IGNORECASE)


class _Group(NamedTuple):
    """Digits in a row, and the gap between them and the group before."""

    start: int
    end: int
    digits: str
    gap: str


def _numbers(text: str) -> Iterator[Found]:
    for run in _RUN.finditer(text):
        # Most runs are short: years, counts, versions.
        if run.end() - run.start() < _LEAST_DIGITS:
            continue
        groups = _groups(text, run.start(), run.end())
        if sum(len(group.digits) for group in groups) >= _LEAST_DIGITS:
            yield from _in_run(text, run.start(), groups)


def _groups(text: str, start: int, end: int) -> list[_Group]:
    groups: list[_Group] = []
    before = start
    for match in _GROUP.finditer(text, start, end):
        gap = text[before : match.start()]
        # Every script's digits count; full-width ones reach us from phones set to Japanese.
        digits = "".join(str(int(sign)) for sign in match[0])
        seen = _INVISIBLE.sub("", gap)
        if groups and not seen:
            # Cut by signs that can't be seen: one group to whoever reads it.
            last = groups[-1]
            groups[-1] = _Group(last.start, match.end(), last.digits + digits, last.gap)
        else:
            groups.append(_Group(match.start(), match.end(), digits, seen))
        before = match.end()
    return groups


def _in_run(text: str, start: int, groups: Sequence[_Group]) -> Iterator[Found]:
    """Find cards first, so that no telephone number takes a card's first digits."""
    free = 0
    at = 0
    before = _Before(text, start)
    while at < len(groups):
        end = _card_end(groups, at, before=before)
        if end:
            yield from _phones(text, groups[free:at], before)
            yield Found(groups[at].start, groups[end - 1].end, CARD)
            free = at = end
        else:
            at += 1
    yield from _phones(text, groups[free:], before)


# --- cards -----------------------------------------------------------------------------

_CARD_DIGITS = range(13, 20)
_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
_ISSUER = re.compile(
    r"4\d{12}(?:\d{3,6})?|5[0-8]\d{11,17}|6\d{12,18}|2(?:2[2-9]|[3-6]\d|7[01])\d{13}|2720\d{12}|"
    r"220[0-4]\d{12,15}|3[47]\d{13}|3(?:0[0-5]|[689])\d{11,16}|35[2-8]\d{13,16}|"
    r"8[12]\d{14,17}|9792\d{12}|1\d{14}"
)


def is_card(digits: str) -> bool:
    """Tell whether 13 to 19 ASCII digits pass Luhn's check."""
    if len(digits) not in _CARD_DIGITS or not digits.isascii() or not digits.isdigit():
        return False
    if len(set(digits)) == 1:
        return False
    total = sum(int(digit) for digit in digits[-1::-2])
    total += sum(_DOUBLED[int(digit)] for digit in digits[-2::-2])
    return total % 10 == 0


def has_issuer(digits: str) -> bool:
    """Tell whether the digits begin and measure like a card of a known scheme."""
    return _ISSUER.fullmatch(digits) is not None


def _card_end(groups: Sequence[_Group], at: int, *, before: _Before) -> int:
    """Return the place after the last group of a card that starts at `at`, or 0."""
    digits = ""
    gaps: set[str] = set()
    best = 0
    for end in range(at, len(groups)):
        group = groups[end]
        if end > at:
            if len(group.gap) > 3 or not set(group.gap) <= _CARD_GAPS:
                break
            gaps.add(group.gap)
        digits += group.digits
        if len(digits) > _CARD_DIGITS[-1]:
            break
        if is_card(digits):
            # One in ten numbers passes by chance: what is said to be an order's or a
            # book's, or is written in no card's way, must belong to a known scheme too.
            doubtful = len(gaps) > 1 or digits.startswith(("0", "978", "979")) or before.other
            if not doubtful or has_issuer(digits):
                best = end + 1
    return best


_CARD_GAPS = set(" \t.-/\u00a0\u2007\u2009\u202f\u3000\u2010\u2011\u2012\u2013\u2014\u2212\uff0d")

# --- telephone numbers -----------------------------------------------------------------


class _Before:
    """What the words before a run of digits say about it; looked up when first needed."""

    def __init__(self, text: str, start: int) -> None:
        self._text = text
        self._start = start
        self._cues: tuple[bool, bool] | None = None

    def _looked_up(self) -> tuple[bool, bool]:
        if self._cues is None:
            words = self._text[max(0, self._start - _CUE_CHARS) : self._start]
            phone = max((match.end() for match in _PHONE_CUE.finditer(words)), default=-1)
            other = max((match.end() for match in _OTHER_CUE.finditer(words)), default=-1)
            self._cues = phone > other, other > phone
        return self._cues

    @property
    def phone(self) -> bool:
        """The nearest word that says anything says "telephone"."""
        return self._looked_up()[0]

    @property
    def other(self) -> bool:
        """It says that the number is something else's."""
        return self._looked_up()[1]


def _phones(text: str, groups: Sequence[_Group], before: _Before) -> Iterator[Found]:
    if not groups:
        return
    at = 0
    for start, stop in _kept_apart(groups):
        yield from _phones_between(text, groups[at:start], before)
        at = stop
    yield from _phones_between(text, groups[at:], before)


def _kept_apart(groups: Sequence[_Group]) -> Iterator[tuple[int, int]]:
    """Yield the places [start, stop) of dates, IP addresses and versions."""
    at = 0
    while at < len(groups):
        size = _date_or_address(groups, at)
        if size:
            yield at, at + size
        at += size or 1


def _phones_between(text: str, groups: Sequence[_Group], before: _Before) -> Iterator[Found]:
    at = 0
    # The digits from `at` on are too few for a number: nothing more to look at.
    left = sum(len(group.digits) for group in groups)
    while left >= _LEAST_DIGITS:
        end = _phone_end(text, groups, at, before)
        if end:
            start = _sign_start(text, groups[at].start)
            stop = groups[end - 1].end
            extension = _EXTENSION.match(text, stop)
            yield Found(start, extension.end() if extension else stop, PHONE)
        end = end or at + 1
        left -= sum(len(group.digits) for group in groups[at:end])
        at = end


def _sign_start(text: str, start: int) -> int:
    """Take in the plus sign and an opening bracket before the first digit."""
    while start > 0 and text[start - 1] in "+\uff0b(":
        start -= 1
    return start


def _phone_end(text: str, groups: Sequence[_Group], at: int, before: _Before) -> int:
    """Return the place after the last group of a number that starts at `at`, or 0."""
    first = groups[at]
    total = 0
    end = at
    for group in groups[at : at + _MOST_GROUPS]:
        if total + len(group.digits) > _MOST_DIGITS or (end > at and _parts(group.gap)):
            break
        total += len(group.digits)
        end += 1
    if total < _LEAST_DIGITS:
        return 0
    prefix = text[max(0, first.start - 3) : first.start]
    international = prefix.endswith(("+", "\uff0b", "+(", "(+"))
    bracketed = prefix.endswith("(")
    name_part = not international and not bracketed and _names(prefix, before)
    while total >= _LEAST_DIGITS:
        if _is_phone(
            text,
            groups[at:end],
            international=international,
            bracketed=bracketed,
            name_part=name_part,
            before=before,
        ):
            return end
        end -= 1
        total -= len(groups[end].digits)
    return 0


def _parts(gap: str) -> bool:
    """Tell whether a gap lies between two numbers."""
    return "+" in gap or "\uff0b" in gap or len(gap) > 4


def _names(prefix: str, before: _Before) -> bool:
    """Tell whether what stands right before makes the number a part of a name."""
    if _NAME_BEFORE.search(prefix) is None:
        return False
    if prefix.endswith(":"):
        # "Tel:0207946..." is no name, "10:30" isn't a number's start.
        return _DIGIT.match(prefix[-2:-1]) is not None
    return not (before.phone and prefix.endswith(("=", "/")))


def _is_phone(
    text: str,
    window: Sequence[_Group],
    *,
    international: bool,
    bracketed: bool,
    name_part: bool,
    before: _Before,
) -> bool:
    digits = "".join(group.digits for group in window)
    n = len(digits)
    if international:
        return n >= 8 and digits[0] != "0"
    stop = window[-1].end
    if _glued(text, stop) or name_part:
        return False
    sizes = tuple(len(group.digits) for group in window)
    if digits.startswith("00") and digits[2:3] != "0" and not before.other:
        return 9 <= n - 2 <= 15 and (n >= 12 or len(sizes) > 1)
    if bracketed and len(window) > 1 and ")" in window[1].gap and 2 <= sizes[0] <= 5:
        return 8 <= n <= 13
    if before.other:
        return False
    if before.phone:
        return not _times(window)
    start = window[0].start
    if _MONEY_BEFORE.search(text[max(0, start - 8) : start]) or _MEASURE_AFTER.match(text, stop):
        return False
    return _national(window, digits, sizes)


def _national(window: Sequence[_Group], digits: str, sizes: tuple[int, ...]) -> bool:
    """Tell a national writing by its shape, without a word that says what it is."""
    n = len(digits)
    gaps = [group.gap for group in window[1:]]
    if any(len(gap.strip()) > 1 or "/" in gap for gap in gaps[1:]):
        return False
    # A dash between spaces joins an area code and a number in German, else two things.
    if any(len(gap) > 2 for gap in gaps[1:]):
        return False
    if digits[0] == "0" and digits[1] != "0" and sizes[0] > 1:
        if len(window) == 1:
            return 10 <= n <= 12
        if set(sizes) == {2}:
            return n == 10 and len(set(gaps)) == 1
        return 9 <= n <= 12 and len(window) <= 5 and sizes[-1] >= 2 and not _times(window)
    if any("/" in gap for gap in gaps) or any(len(gap) > 1 for gap in gaps):
        return False
    if sizes in {(3, 3, 4), (1, 3, 3, 4)}:
        # Whatever the digits: "123-456-7890" stands for a telephone number too.
        return sizes[0] == 3 or digits[0] == "1"
    core = digits[1:] if n == 11 and digits[0] == "1" else digits
    if sizes in {(10,), (11,), (3, 7), (6, 4), (1, 10)}:
        # Area codes and exchanges of the North American plan start with 2 to 9.
        if len(core) == 10 and core[0] in "23456789" and core[3] in "23456789":
            return not _round(core)
        return False
    if sizes == (5, 5):
        return digits[0] in "6789"
    if sizes == (3, 4, 4):
        return digits[0] == "1" and digits[1] in "3456789"
    if sizes in {(3, 3, 3), (3, 2, 2, 2), (3, 2, 3)}:
        # Spain, Portugal, Poland, Norway, Czechia; a price is written with dots or spaces too.
        return digits[0] in "5679" and "." not in gaps and not _round(digits)
    return sizes == (4, 3, 3) and digits[:2] in {"13", "18"}


def _round(digits: str) -> bool:
    """Thousands and millions: an amount."""
    return digits.endswith("0000")


def _glued(text: str, stop: int) -> bool:
    """Tell whether the number goes on as a name: "0207946000a", but not "…x12"."""
    if stop >= len(text) or not (text[stop].isalnum() or text[stop] == "_"):
        return False
    return text[stop].isascii() and _EXTENSION.match(text, stop) is None


def _times(window: Sequence[_Group]) -> bool:
    """Tell whether all groups are times of day: "0900-1700 0800-1200"."""
    return len(window) > 1 and all(
        len(group.digits) == 4 and group.digits[:2] < "24" and group.digits[2:] < "60"
        for group in window
    )


def _date_or_address(groups: Sequence[_Group], at: int) -> int:
    """Return how many groups from `at` on are a date, an IP address or a version, or 0."""
    if at + 2 >= len(groups):
        return 0
    gap = groups[at + 1].gap
    if len(gap) != 1 or groups[at + 2].gap != gap or (at > 0 and groups[at].gap == gap != " "):
        return 0
    fourth = at + 3 < len(groups) and groups[at + 3].gap == gap
    fifth = fourth and at + 4 < len(groups) and groups[at + 4].gap == gap
    first, second, third = (group.digits for group in groups[at : at + 3])
    if gap in "-./" and not fourth and _is_date(first, second, third):
        return 3
    if gap == " " and len(third) == 4 and _is_date(first, second, third):
        return 3
    if gap == "." and fourth:
        four = [first, second, third, groups[at + 3].digits]
        if not fifth and all(len(digits) <= 3 and int(digits) < 256 for digits in four):
            return 4
        # A version: no telephone number has a group of one digit after a dot.
        if any(len(digits) == 1 for digits in four):
            return 4
    return 0


def _is_date(first: str, second: str, third: str) -> bool:
    if len(first) == 4 and len(second) <= 2 and len(third) <= 2:
        return "1900" <= first <= "2199" and _day_and_month(second, third)
    if len(first) <= 2 and len(second) <= 2 and len(third) in {2, 4}:
        return (len(third) == 2 or "1900" <= third <= "2199") and _day_and_month(first, second)
    return False


def _day_and_month(one: str, other: str) -> bool:
    low, high = sorted((int(one), int(other)))
    return 1 <= low <= 12 and 1 <= high <= 31
