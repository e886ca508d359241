"""What is hidden, what is left alone, and that neither takes long."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.configuration import MaskPattern
from agent.errors import ConfigurationError
from agent.memory.privacy.masking import BUILT_IN, Masker
from agent.memory.privacy.personal import find_personal, is_card

MASKER = Masker()

EMAILS = [
    "jo@example.com",
    "Jo.O'Neil+offers@sub.example.co.uk",
    "jo_99@xn--bcher-kva.example",
    "JO@EXAMPLE.COM",
    "jörg@bücher.example",
    "bob (at) example.com",
    "bob[at]example.org",
    "root@[192.168.0.1]",
    "x" * 100 + "@example.com",
]
PHONES = [
    "+44 20 7946 0018",
    "+44 (0)20 7946 0018",
    "+442079460018",
    "+1 (415) 555-2671",
    "+1-415-555-2671 x123",
    "+49 (0) 30 901820",
    "+33 1 23 45 67 89",
    "0044 20 7946 0018",
    "00441614960018",
    "020 7946 0018",
    "(020) 7946 0018",
    "07700 900123",
    "07700900123",
    "0161 496 0018",
    "01 23 45 67 89",
    "01.23.45.67.89",
    "01-23-45-67-89",
    "030/901820",
    "030 / 90182055",
    "0211-123456",
    "015112345678",
    "06 12345678",
    "(02) 9374 4000",
    "(11) 91234-5678",
    "(415) 555-2671",
    "415-555-2671",
    "415.555.2671",
    "415 555 2671",
    "4155552671",
    "1-800-555-0199",
    "123-456-7890",
    "612 345 678",
    "98765 43210",
    "138 1234 5678",
    "call me on 555 0199",
    "my number is 5550199",
    "my mobile number is 12 34 56 78",
    "Tel:0207946000",
    "０７７００ ９００１２３",
    "07700\u200b900123",
    "+44\u00a020\u20117946\u20110018",
]
CARDS = [
    "4111 1111 1111 1111",
    "4111-1111-1111-1111",
    "4111111111111111",
    "4111.1111.1111.1111",
    "378282246310005",
    "3782 822463 10005",
    "5555555555554444",
    "6011000990139424",
    "30569309025904",
    "order paid with 4111111111111111",
]
IBANS = [
    "GB82 WEST 1234 5698 7654 32",
    "GB82WEST12345698765432",
    "DE89 3704 0044 0532 0130 00",
    "de89370400440532013000",
    "FR14 2004 1010 0505 0001 3M02 606",
    "NO93 8601 1117 947",
    "MT84 MALT 0110 0001 2345 MTLC AST0 01S",
]
LEFT_ALONE = [
    "How do I reset my password?",
    "order 4500012345",
    "Order no. 4155552671",
    "order number 0123456789",
    "ORD-2024-00123",
    "#1234567890",
    "ticket INC0012345678",
    "INC-0012345678",
    "PO 4155552671",
    "2024-11-23",
    "2024-11-23T09:30:00Z",
    "2024-11-23 09:30:15.123456",
    "23/11/2024 09:30",
    "01.02.2024 09:00",
    "01-02-2024 10:15",
    "01/02/2024 - 05/02/2024",
    "from 01.02.24-05.02.24",
    "2023-2024 2024-2025",
    "09.00-17.00",
    "09.00 - 17.00 / 18.00",
    "0900-1700 0800-1200",
    "24/7",
    "10.0.19045.3803",
    "version 1.2.3",
    "Windows 11 23H2",
    "192.168.10.254",
    "10.0.0.1:8080",
    "192.168.100.200/24",
    "2001:db8:85a3::8a2e:370:7334",
    "£1,299.00",
    "1.234.567,89 EUR",
    "12 345 678 EUR",
    "612 345 678 EUR",
    "€ 415 555 2671",
    "50,000,000",
    "1000000000",
    "1700000000",
    "3.14159265358979",
    "0.1234567890",
    "KB0010023",
    "KB001#120-340",
    "article 4155552671",
    "https://kb.example.com/articles/4155552671",
    "978-0-306-40615-7",
    "left-pad@1.3.0",
    "@here look at this",
    "error 0x80070005",
    "f47ac10b-58cc-4372-a567-0e02b2c3d479",
    "the rooms 10 12 14 16",
    "12345678901234567890123",
    "DE12 is no account",
    "",
]


@pytest.mark.parametrize("text", EMAILS)
def test_mask_hides_email_addresses(text: str) -> None:
    assert MASKER.mask(f"Write to {text}, please.") == "Write to [e-mail], please."


@pytest.mark.parametrize("text", PHONES)
def test_mask_hides_telephone_numbers(text: str) -> None:
    masked = MASKER.mask(text)
    assert "[phone]" in masked
    assert not any(sign.isdigit() for sign in masked)


@pytest.mark.parametrize("text", CARDS)
def test_mask_hides_cards(text: str) -> None:
    masked = MASKER.mask(f"{text}.")
    assert "[card]" in masked
    assert not any(sign.isdigit() for sign in masked)


@pytest.mark.parametrize("text", IBANS)
def test_mask_hides_ibans_and_nothing_after_them(text: str) -> None:
    assert MASKER.mask(f"Pay {text} today") == "Pay [IBAN] today"


@pytest.mark.parametrize("text", LEFT_ALONE)
def test_mask_leaves_other_things_alone(text: str) -> None:
    assert MASKER.mask(text) == text
    assert find_personal(text) == []


def test_mask_keeps_card_and_phone_of_one_run_apart() -> None:
    assert (
        MASKER.mask("Ring +44 7700 900123 4111 1111 1111 1111 12/27") == "Ring [phone] [card] 12/27"
    )


def test_mask_lets_the_nearest_word_decide() -> None:
    assert MASKER.mask("my order is 7654321, call 7654321") == "my order is 7654321, call [phone]"


def test_mask_hides_what_the_caller_names() -> None:
    text = "Order for Jo  Smith? jo smith, Smithson"
    assert MASKER.mask(text, hide=["Jo Smith", ""]) == "Order for [personal]? [personal], Smithson"


def test_mask_names_company_patterns_first() -> None:
    masker = Masker([MaskPattern("employee number", r"E\d{5}"), MaskPattern("host", r"\w+@corp\b")])
    assert masker.names == ("employee number", "host", *BUILT_IN)
    text = "E12345 wrote from jo@corp, jo@corp.example"
    assert masker.mask(text) == "[employee number] wrote from [host], [host]"


def test_mask_hides_the_whole_of_what_two_patterns_share() -> None:
    masker = Masker([MaskPattern("area", r"\+44 20")])
    assert masker.mask("+44 20 7946 0018!") == "[area]!"


def test_mask_hides_all_where_a_pattern_takes_too_long() -> None:
    masker = Masker([MaskPattern("slow", r"(?:a|aa|a\w)+\d$")])
    # Without the limit this would go on for longer than the universe is old.
    assert masker.mask("a" * 3_000 + "!") == "[slow]"


def test_mask_json_masks_values_and_keeps_keys() -> None:
    value = {
        "jo@example.com": ["jo@example.com", {"phone": "020 7946 0018"}, ("x", 1)],
        "card": 4111111111111111,
        "phone": 4155552671,
        "milliseconds": 1700000000003,
        "score": 0.123456789012,
        "large": 1e300,
        "yes": True,
        "none": None,
        "infinite": float("inf"),
    }
    assert MASKER.mask_json(value) == {
        "jo@example.com": ["[e-mail]", {"phone": "[phone]"}, ["x", 1]],
        "card": "[card]",
        "phone": "[phone]",
        "milliseconds": 1700000000003,
        "score": 0.123456789012,
        "large": 1e300,
        "yes": True,
        "none": None,
        "infinite": float("inf"),
    }


def test_mask_json_takes_any_depth() -> None:
    value: object = "jo@example.com"
    for _ in range(500):
        value = [value]
    assert "jo@" not in str(MASKER.mask_json(value))


def test_is_masked_sees_marks_anywhere() -> None:
    assert MASKER.is_masked("[e-mail]")
    assert MASKER.is_masked("to [personal] now")
    assert MASKER.is_masked({"a": ["x", "[phone]"]})
    assert not MASKER.is_masked("[item]")
    assert not MASKER.is_masked({"a": [1, None, "e-mail"]})
    assert Masker([MaskPattern("item", "x")]).is_masked("[item]")


@pytest.mark.parametrize(
    ("name", "pattern", "message"),
    [
        ("", "x", "The mask named '' can't be used. Expected a name of 1 to 40"),
        ("a]b", "x", r"The mask named 'a\]b' can't be used"),
        ("a", "", "has 0 characters. Expected 1 to 1000"),
        ("a", "x" * 1001, "has 1001 characters"),
        ("a", "(", r"'\(' of the mask 'a' isn't a regular expression"),
        ("a", "x*", r"'x\*' of the mask 'a' matches an empty text"),
    ],
)
def test_masker_refuses_what_it_cannot_use(name: str, pattern: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        Masker([MaskPattern(name, pattern)])


@given(st.text())
def test_mask_is_stable_on_any_text(text: str) -> None:
    masked = MASKER.mask(text)
    assert MASKER.mask(masked) == masked


@given(
    st.text(alphabet=st.characters(categories=("L", "P", "Z")), max_size=20),
    st.emails(),
    st.text(alphabet=st.characters(categories=("Z", "Po")), max_size=5),
)
def test_mask_hides_any_email(before: str, email: str, after: str) -> None:
    assert email not in MASKER.mask(f"{before} {email} {after}")


@given(st.integers(10**11, 10**18 - 1), st.sampled_from(["", " ", "-"]))
def test_mask_hides_any_card(number: int, gap: str) -> None:
    digits = next(f"{number}{last}" for last in range(10) if luhn(f"{number}{last}"))
    if len(digits) < 13 or digits.startswith(("978", "979")) or len(set(digits)) == 1:
        return
    assert is_card(digits)
    written = gap.join(digits[at : at + 4] for at in range(0, len(digits), 4))
    assert "[card]" in MASKER.mask(f"It is {written}, thanks")


def luhn(digits: str) -> bool:
    """Check by the textbook: double every second from the right, cast out nines."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


@pytest.mark.parametrize(
    "unit",
    [
        "1 ",
        "a",
        "1",
        "a@",
        "a.b-",
        "GB82 ",
        "(1)",
        "@",
        "1.1.",
        "a@a.",
        "[at]",
        " a(at)",
        "+",
        "0/",
    ],
)
def test_mask_takes_time_that_grows_with_the_text_alone(unit: str) -> None:
    def seconds(size: int) -> float:
        text = (unit * size)[:size]
        began = time.process_time()
        MASKER.mask(text)
        return time.process_time() - began

    seconds(2_000)
    small = min(seconds(2_000) for _ in range(2))
    # Ten times the text; a quadratic scan would take a hundred times as long.
    assert seconds(20_000) < 40 * small + 0.05


def test_a_pattern_held_up_by_other_threads_is_tried_again() -> None:
    masker = Masker([MaskPattern("employee number", r"E\d{5}")])
    (name, pattern), seen = masker._patterns[0], []

    class HeldUp:
        def finditer(self, text: str, *, timeout: float) -> object:
            seen.append(timeout)
            if len(seen) == 1:
                raise TimeoutError
            return pattern.finditer(text, timeout=timeout)

    masker._patterns = ((name, HeldUp()),)  # type: ignore[assignment]
    assert masker.mask("I am E12345.") == "I am [employee number]."
    assert seen[1] > 10 * seen[0]
