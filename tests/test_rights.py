"""Every role against every restricted article, through every path that returns text.

The knowledge base is built from the formats that carry rights in different ways. Each
restricted article holds a canary word found nowhere else; no output that an asker without
the right role can get may hold the canary, the article's title or its id.
"""

from __future__ import annotations

import json
from itertools import chain, combinations
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from agent.cli.entry import app
from qa import OpenBook
from qa.types import Reader
from retrieval import open_index

ROLES = ("staff", "managers", "hr")
AUDIENCES: dict[str, list[str] | None] = {
    "open": None,
    "for-staff": ["staff"],
    "for-managers": ["managers"],
    "for-hr-or-managers": ["hr", "managers"],
    "for-nobody": [],
}
QUESTIONS = (
    "What is the secret word of the {id} article?",
    "canary{compact}",
    "Which parking garage code is used?",
    "",
)


def canary(article_id: str) -> str:
    """Return a word that stands in this article alone."""
    return f"canary{article_id.replace('-', '')}"


def title(article_id: str) -> str:
    """Return the article's title, recognisable in any output."""
    return f"Title of {canary(article_id)}"


@pytest.fixture(scope="module")
def kb(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Index one article per audience, as JSONL and, for folder defaults, as text."""
    root = tmp_path_factory.mktemp("rights")
    rows = []
    for article_id, audience in AUDIENCES.items():
        row: dict[str, object] = {
            "id": article_id,
            "title": title(article_id),
            "body": f"The secret word of the {article_id} article is {canary(article_id)}. "
            f"The parking garage code is {canary(article_id)}.",
        }
        if audience is not None:
            row["audience"] = audience
        rows.append(json.dumps(row))
    source = root / "articles"
    (source / "inside").mkdir(parents=True)
    (source / "all.jsonl").write_text("\n".join(rows), encoding="utf-8")
    (source / "inside" / "_frontdesk.toml").write_text('audience = ["hr"]\n', encoding="utf-8")
    (source / "inside" / "folder-default.txt").write_text(
        "The secret word of the folder article is canaryfolder. The parking garage code is "
        "canaryfolder.",
        encoding="utf-8",
    )
    path = root / "kb"
    done = CliRunner().invoke(app, ["index", str(source), "--kb", str(path)])
    assert done.exit_code == 0, done.output
    return path


def forbidden(roles: frozenset[str]) -> set[str]:
    """Return every string that someone with these roles must never see."""
    hidden = {
        article_id
        for article_id, audience in AUDIENCES.items()
        if audience is not None and not roles & set(audience)
    }
    strings = set(chain.from_iterable((canary(h), title(h), h) for h in hidden))
    if "hr" not in roles:
        strings |= {"canaryfolder", "folder-default"}
    return strings


EVERY_ASKER = [
    frozenset(chosen) for n in range(len(ROLES) + 1) for chosen in combinations(ROLES, n)
]


def assert_silent(output: str, question: str, roles: frozenset[str]) -> None:
    """Check that nothing hidden stands in the output beyond what was asked."""
    rest = output.replace(question, "") if question else output
    leaks = {text for text in forbidden(roles) if text in rest}
    assert not leaks, f"{sorted(leaks)} seen with roles {sorted(roles)}: {output}"


@pytest.mark.parametrize("roles", EVERY_ASKER, ids=lambda roles: "+".join(sorted(roles)) or "none")
class TestNothingLeaks:
    """One class for all paths, so that a path added later is seen to be missing."""

    def test_retrieve_and_trace(self, kb: Path, roles: frozenset[str]) -> None:
        for leg in ("hybrid", "bm25", "dense"):
            engine = open_index(kb, retriever=leg)
            for article_id in (*AUDIENCES, "folder-default.txt"):
                question = f"{canary(article_id)} secret word parking garage code"
                hits = engine.retrieve(question, 50, roles=roles)
                trace = engine.trace(question, 50, roles=roles)
                assert list(trace.fused) == hits
                seen = repr(hits) + repr(trace.legs) + repr(trace.fused)
                assert_silent(seen, question, roles)

    def test_article(self, kb: Path, roles: frozenset[str]) -> None:
        engine = open_index(kb)
        absent = engine.article("no-such-article", roles=roles)
        assert absent is None
        for article_id, audience in AUDIENCES.items():
            got = engine.article(article_id, roles=roles)
            allowed = audience is None or bool(roles & set(audience))
            assert (got is not None) == allowed

    def test_article_command_says_the_same_as_for_an_unknown_one(
        self, kb: Path, roles: frozenset[str]
    ) -> None:
        flags = list(chain.from_iterable(("--role", role) for role in sorted(roles)))
        for article_id, audience in AUDIENCES.items():
            done = CliRunner().invoke(app, ["article", article_id, "--kb", str(kb), *flags])
            if audience is None or roles & set(audience):
                assert done.exit_code == 0
                continue
            unknown = CliRunner().invoke(app, ["article", "nowhere", "--kb", str(kb), *flags])
            assert done.exit_code == unknown.exit_code == 1
            assert done.output.replace(article_id, "X") == unknown.output.replace("nowhere", "X")

    def test_ask_in_python(self, kb: Path, roles: frozenset[str]) -> None:
        book = OpenBook.open(kb)
        assert isinstance(book.reader, Reader)
        for article_id in (*AUDIENCES, "folder"):
            for template in QUESTIONS:
                question = template.format(id=article_id, compact=article_id.replace("-", ""))
                result = book.ask(question, roles=roles, trace=True)
                assert_silent(repr(result).replace(repr(question), ""), question, roles)

    def test_ask_command(self, kb: Path, roles: frozenset[str]) -> None:
        flags = list(chain.from_iterable(("--role", role) for role in sorted(roles)))
        question = "Which parking garage code is used?"
        for extra in (["--json"], ["--trace"], []):
            done: Result = CliRunner().invoke(
                app, ["ask", question, "--kb", str(kb), *flags, *extra]
            )
            assert done.exit_code == 0, done.output
            assert_silent(done.output, question, roles)

    def test_errors(self, kb: Path, roles: frozenset[str]) -> None:
        flags = list(chain.from_iterable(("--role", role) for role in sorted(roles)))
        for arguments in (
            ["ask", "parking", "--kb", str(kb), "--reader", "no-such-reader"],
            ["ask", "parking", "--kb", str(kb), "--top-k", "0"],
            ["ask", "parking", "--kb", str(kb / "missing")],
        ):
            done = CliRunner().invoke(app, [*arguments, *flags])
            assert done.exit_code in (1, 2), done.output
            assert_silent(done.output, "parking", roles)


def test_info_names_no_article(kb: Path) -> None:
    done = CliRunner().invoke(app, ["info", "--kb", str(kb), "--json"])
    assert done.exit_code == 0
    for article_id in AUDIENCES:
        assert canary(article_id) not in done.output
    done = CliRunner().invoke(app, ["info", "--kb", str(kb)])
    for article_id in AUDIENCES:
        assert canary(article_id) not in done.output
