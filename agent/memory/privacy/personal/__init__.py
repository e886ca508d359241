"""Where a text holds an e-mail address, an IBAN, a payment card's or a telephone number.

Patterns and arithmetic alone, linear in the text's length: no list of names, no network.
Doubt is decided by the words around: "call 555 0199" is a telephone number, "order 4500012345"
is not. Dates, times, prices, versions and IP addresses stay as they are.
"""

from agent.memory.privacy.personal.cards import has_issuer, is_card
from agent.memory.privacy.personal.finding import find_personal
from agent.memory.privacy.personal.found import CARD, EMAIL, IBAN, PHONE, Found
from agent.memory.privacy.personal.ibans import is_iban

__all__ = [
    "CARD",
    "EMAIL",
    "IBAN",
    "PHONE",
    "Found",
    "find_personal",
    "has_issuer",
    "is_card",
    "is_iban",
]
