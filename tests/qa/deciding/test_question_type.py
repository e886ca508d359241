"""What a question asks for, in the wordings that help desks get."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.deciding.question_type import QuestionType, question_type

HOW_TO, FACT, YES_NO = QuestionType.HOW_TO, QuestionType.FACT, QuestionType.YES_NO
LIST, WHY, OTHER = QuestionType.LIST, QuestionType.WHY, QuestionType.OTHER


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("How do I reset my password?", HOW_TO),
        ("how to set up vpn", HOW_TO),
        ("How can contractors give notice?", HOW_TO),
        ("What do I do if my badge is lost?", HOW_TO),
        ("what should I do when the printer jams", HOW_TO),
        ("What are the steps to book a room?", HOW_TO),
        ("what's the process for refunds", HOW_TO),
        ("can you reset my password", HOW_TO),
        ("Could you tell me how to file expenses", HOW_TO),
        ("is there a way to undo this", HOW_TO),
        ("reserve a desk for thursday", HOW_TO),
        ("setting up email on my phone", HOW_TO),
        ("i want to go fully remote", HOW_TO),
        ("i switched banks, where do i tell you", HOW_TO),
        ("vpn not working", HOW_TO),
        ("where to report phishing", HOW_TO),
        ("is it possible to extend the loan", HOW_TO),
        ("I can't log in", HOW_TO),
        ("how long does a reset take", FACT),
        ("How much is a parking permit?", FACT),
        ("how often are laptops replaced", FACT),
        ("When is payday?", FACT),
        ("who approves overtime", FACT),
        ("what is the wifi password", FACT),
        ("where can I park", FACT),
        ("from which day do i need a doctor's note", FACT),
        ("by when must I enrol", FACT),
        ("deadline for expenses", FACT),
        ("phone number of the service desk", FACT),
        ("Can I work from Spain?", YES_NO),
        ("is fedora ok for the vpn?", YES_NO),
        ("I'm freelance, do I get paid when I'm sick?", YES_NO),
        ("What do I need for my first day?", LIST),
        ("which browsers are supported", LIST),
        ("what documents do I have to bring", LIST),
        ("list all public holidays", LIST),
        ("Why is my traffic filtered?", WHY),
        ("How does the tunnel work?", WHY),
        ("what's the difference between P1 and P2", WHY),
        ("Wie setze ich mein Passwort zurück?", OTHER),
        ("my screen is black", OTHER),
        ("when I plug in the dock nothing happens", OTHER),
        ("what if the door stays shut", OTHER),
        ("How did he die?", OTHER),
        ("", OTHER),
        ("?!", OTHER),
    ],
)
def test_question_type_of_help_desk_questions(question: str, expected: QuestionType) -> None:
    assert question_type(question) is expected


@given(st.text(max_size=300))
def test_question_type_takes_any_text(question: str) -> None:
    assert question_type(question) in QuestionType
    assert question_type(question.upper()) in QuestionType


def test_question_type_of_ten_thousand_words_comes_at_once() -> None:
    assert question_type("how " * 10_000) in QuestionType
    assert question_type("what is my the " * 10_000) in QuestionType


def test_question_type_ignores_case_space_and_curly_quotes() -> None:
    assert question_type("  HOW\tdo I\nreset  it ") is HOW_TO
    assert question_type("I can’t log in") is HOW_TO
