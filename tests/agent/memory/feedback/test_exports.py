from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from agent.memory.feedback import Judged, as_csv, as_questions, as_squad, find_in_articles
from qa.workshop.scoring.questions import load_questions
from qa.workshop.scoring.squad import load_squad
from retrieval.types import Article, Engine, Hit, Passage, Roles

ARTICLES = {
    "vpn": Article("vpn", "VPN", "Start the client 🙂 and choose\nConnect to Work."),
    "bands": Article("bands", "Bands", "The top band.", audience=("hr",)),
}


class FakeEngine(Engine):
    generation = encoder_id = "fake"

    def retrieve(
        self, query: str, k: int, *, roles: Roles = frozenset(), where: Sequence[str] = ()
    ) -> list[Hit]:
        readable = [each for each in ARTICLES.values() if self.article(each.id, roles=roles)]
        return [Hit(Passage("p", each.id, 0, len(each.body), each.body), 1.0) for each in readable][
            :k
        ]

    def article(self, article_id: str, *, roles: Roles = frozenset()) -> Article | None:
        found = ARTICLES.get(article_id)
        if found is None or (found.audience and not roles & set(found.audience)):
            return None
        return found

    def closeness(self, *_: Any, **__: Any) -> Any:
        raise NotImplementedError

    def trace(self, *_: Any, **__: Any) -> Any:
        raise NotImplementedError


UP = Judged("1", "", "web", "ANSWER", "how to start?", "answered", "", "vpn", "client", 0.9, "up")
CORRECTED = replace(UP, id="2", thumb="down", correction="choose  connect TO work")
NOWHERE = replace(UP, id="3", thumb="down", correction="ring the bell")
DOWN = replace(UP, id="4", thumb="down")
REFUSED = replace(UP, id="5", status="refused", reason="not_found", thumb="")
RIGHTLY = replace(REFUSED, id="6", thumb="up")
HIDDEN = replace(UP, id="7", article_id="bands", quote="top band")
ROWS = (UP, CORRECTED, NOWHERE, DOWN, REFUSED, RIGHTLY, HIDDEN)


def test_as_questions_takes_what_a_person_labelled(tmp_path: Path) -> None:
    find, _ = find_in_articles(FakeEngine(), frozenset())
    written = as_questions(ROWS, find, roles=["staff"])
    assert (written.n, written.left_out) == (4, 3)
    path = tmp_path / "judged.jsonl"
    path.write_text(written.text)
    one, two, three, six = load_questions(path)
    assert (one.answers, one.article_ids, one.answerable) == (("client",), ("vpn",), True)
    assert two.answers == ("choose\nConnect to Work",)
    assert (three.answers, three.article_ids) == (("ring the bell",), ())
    assert (six.answers, six.answerable) == ((), False)
    assert one.roles == {"staff"}


def test_as_squad_is_read_by_our_own_loader(tmp_path: Path) -> None:
    find, nearest = find_in_articles(FakeEngine(), frozenset())
    written = as_squad(ROWS, find, nearest)
    assert (written.n, written.left_out) == (3, 4)
    path = tmp_path / "judged.json"
    path.write_text(written.text)
    examples = load_squad(path).examples
    for example in examples:
        for text, start in example.answers:
            assert example.context[start : start + len(text)] == text
    assert [example.answers for example in examples] == [
        (("client", 10),),
        (("choose\nConnect to Work", 23),),
        (),
    ]


def test_as_squad_looks_only_into_articles_of_the_roles() -> None:
    find, nearest = find_in_articles(FakeEngine(), frozenset({"hr"}))
    assert as_squad([HIDDEN], find, nearest).n == 1
    find, nearest = find_in_articles(FakeEngine(), frozenset())
    assert as_squad([HIDDEN], find, nearest).n == 0


def test_as_csv_has_every_row_and_no_formula() -> None:
    evil = replace(UP, correction='=HYPERLINK("https://evil.example")')
    written = as_csv([*ROWS, evil])
    rows = list(csv.DictReader(io.StringIO(written.text)))
    assert len(rows) == written.n == 8
    assert rows[0]["thumb"] == "up"
    assert rows[-1]["correction"].startswith("'=")
