from __future__ import annotations

from agent.memory.privacy.personal import is_iban


def test_is_iban_checks_length_and_digits() -> None:
    assert is_iban("GB82WEST12345698765432")
    assert not is_iban("GB83WEST12345698765432")
    assert not is_iban("GB82WEST1234569876543")
    assert not is_iban("ZZ82WEST12345698765432")
