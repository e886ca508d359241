"""Questions to fit on come from articles that no reader was trained on."""

from __future__ import annotations

import json
from pathlib import Path

from qa.workshop.calibrating.held_out import squad_questions


def test_squad_questions_come_from_articles_held_out(tmp_path: Path) -> None:
    articles = [
        {
            "title": f"Title_{n}",
            "paragraphs": [
                {
                    "context": "It is 5.",
                    "qas": [
                        {
                            "id": f"{n}-{k}",
                            "question": "What?",
                            "answers": [{"text": "5", "answer_start": 6}],
                        }
                        for k in range(4)
                    ],
                }
            ],
        }
        for n in range(5)
    ]
    path = tmp_path / "squad.json"
    path.write_text(json.dumps({"data": articles}), encoding="utf-8")
    questions, hidden = squad_questions(path, held_out=2, n=6, hide=0.5)
    assert len(questions) == 6
    assert len({question.article_ids for question in questions}) == 2
    assert all(question.article_ids[0].endswith(".txt") for question in questions)
    assert set(hidden) == {question.id for question in questions[:3]}
    assert squad_questions(path, held_out=2, n=6, hide=0.5) == (questions, hidden)
