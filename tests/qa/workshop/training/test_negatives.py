"""Made negatives: each kind does what it says, and the same ones for the same seed."""

from __future__ import annotations

import pytest

from qa.errors import TrainingError
from qa.types import Example
from qa.workshop.training.negatives import KINDS, Negative, make_negatives

FILLER = (
    " The town lies on a broad river and many visitors come by train. Small shops line the old"
    " streets, and a market opens on the square. Several bridges cross the water nearby."
)


def example(number: int, question: str, context: str, answer: str, title: str) -> Example:
    return Example(str(number), question, context, ((answer, context.index(answer)),), title)


EXAMPLES = [
    example(
        1,
        "When did the mayor in Riverton open the first library?",
        "In 1901 the mayor in Riverton opened the first library. It held 500 books. "
        "Guests visited it, and sailors visited it too." + FILLER,
        "1901",
        "Riverton",
    ),
    example(
        2,
        "Who designed the station in Lakeside?",
        "The famous station in Lakeside was designed by Ada Stone in 1923." + FILLER,
        "Ada Stone",
        "Riverton",
    ),
    example(
        3,
        "How many students visit the museum in Hillford?",
        "Each winter 900 students visit the museum in Hillford, and teachers and workers too. "
        "Other students and workers visit the library." + FILLER,
        "900",
        "Riverton",
    ),
    example(
        4,
        "Which metal melts before copper?",
        "Of the metals in the workshop, tin melts before copper." + FILLER,
        "tin",
        "Metals",
    ),
]
BY_ID = {each.id: each for each in EXAMPLES}


def only(kind: str, n: int = 3, seed: int = 1) -> list[tuple[Example, Negative]]:
    """Return some negatives of one kind, each with what it was made from."""
    found = make_negatives(EXAMPLES, n, kinds={kind: 1.0}, seed=seed)
    assert found
    for negative in found:
        assert negative.kind == kind
        assert negative.example.answers == ()
        assert 0 <= negative.focus < len(negative.example.context)
    return [(BY_ID[negative.example.id.split("~")[0]], negative) for negative in found]


@pytest.mark.parametrize("kind", ["swapped", "reworded", "negated"])
def test_edited_questions_keep_their_passage(kind: str) -> None:
    for original, negative in only(kind):
        assert negative.example.context == original.context
        assert negative.example.question != original.question
        assert negative.focus == original.answers[0][1]


def test_swapped_takes_a_name_that_the_passage_lacks() -> None:
    for seed in range(5):
        for original, negative in only("swapped", seed=seed):
            new = set(negative.example.question.split()) - set(original.question.split())
            assert new
            assert not any(word.strip("?") in original.context for word in new)


def test_removed_takes_out_the_answers_sentence() -> None:
    for original, negative in only("removed"):
        assert original.answers[0][0].casefold() not in negative.example.context.casefold()
        assert negative.example.question == original.question
        assert len(negative.example.context) < len(original.context)


def test_ranked_takes_another_passage_without_the_answer() -> None:
    for kind in ("ranked_same", "ranked_other"):
        for original, negative in only(kind):
            assert negative.example.context != original.context
            assert original.answers[0][0].casefold() not in negative.example.context.casefold()
            (source,) = [each for each in EXAMPLES if each.context == negative.example.context]
            assert (source.title == original.title) is (kind == "ranked_same")


def test_negated_uses_opposites_and_negations() -> None:
    questions = {n.example.question for seed in range(30) for _, n in only("negated", seed=seed)}
    assert "Which metal melts after copper?" in questions
    assert any("n't" in question or " not " in question or " never " in question
               for question in questions)  # fmt: skip


def test_make_negatives_same_seed_same_negatives() -> None:
    kinds = dict.fromkeys(KINDS, 1.0)
    first = make_negatives(EXAMPLES, 12, kinds=kinds, seed=3)
    assert first == make_negatives(EXAMPLES, 12, kinds=dict(reversed(kinds.items())), seed=3)
    assert len({negative.example.id for negative in first}) == len(first)
    assert first != make_negatives(EXAMPLES, 12, kinds=kinds, seed=4)


def test_make_negatives_of_nothing_is_nothing() -> None:
    assert make_negatives([], 5, kinds={"swapped": 1.0}, seed=1) == []
    assert make_negatives(EXAMPLES, 0, kinds={"swapped": 1.0}, seed=1) == []
    unanswerable = [Example("1", "q", "c")]
    assert make_negatives(unanswerable, 5, kinds={"swapped": 1.0}, seed=1) == []


@pytest.mark.parametrize("kinds", [{"guessed": 1.0}, {"swapped": 0.0}, {"swapped": -1.0}, {}])
def test_make_negatives_refuses_shares_without_sense(kinds: dict[str, float]) -> None:
    with pytest.raises(TrainingError, match="Can't make negatives of the kinds"):
        make_negatives(EXAMPLES, 5, kinds=kinds, seed=1)
