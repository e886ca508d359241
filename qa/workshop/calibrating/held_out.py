"""Questions to fit on: of articles that no reader was trained on."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from qa.workshop.scoring.questions import Question
from qa.workshop.scoring.squad import held_out_titles, load_squad, split_by_title

__all__ = ["squad_questions"]


def squad_questions(
    path: Path, *, held_out: int, n: int, hide: float
) -> tuple[list[Question], dict[str, frozenset[str]]]:
    """Draw questions of the articles that training held out.

    The same ones on every machine: drawn by the hash of their ids.

    Args:
        path: A SQuAD file; the knowledge base holds an article `TITLE.txt` per title.
        held_out: As many articles as the training recipe holds out.
        n: How many questions.
        hide: Share of them whose article is hidden.

    Returns:
        The questions, and for those to be hidden question id → article.
    """
    examples = load_squad(path).examples
    _, inside = split_by_title(examples, held_out_titles(examples, held_out))
    drawn = sorted(inside, key=lambda example: _hash(example.id))[:n]
    questions = [
        Question(
            id=example.id,
            question=example.question,
            answers=tuple(text for text, _ in example.answers),
            article_ids=(f"{example.title}.txt",),
        )
        for example in drawn
    ]
    hidden = {
        question.id: frozenset(question.article_ids)
        for question in questions[: round(hide * len(questions))]
    }
    return questions, hidden


def _hash(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
