"""The sample knowledge base and its questions hold together."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest

from agent.configuration import AgentConfig, OpenForm, load_agent
from agent.configuration.smalltalk import load_smalltalk
from agent.intents.formats import load_intents
from agent.types import HandoverReason, IntentExample, Route
from agent.workshop.conversations.suite import load_suite
from agent.workshop.conversations.types import Suite
from retrieval.articles import Loaded, load_articles
from retrieval.types import Article

DATA = Path(__file__).resolve().parents[1] / "data"
UNITS = {"sentence", "paragraph", "steps", "table"}
REASONS = {"off_topic", "not_covered", "no_rights"}

Question = dict[str, Any]


@pytest.fixture(scope="module")
def loaded() -> Loaded:
    return load_articles([DATA / "articles"])


@pytest.fixture(scope="module")
def articles(loaded: Loaded) -> dict[str, Article]:
    return {article.id: article for article in loaded.articles}


@pytest.fixture(scope="module")
def questions() -> list[Question]:
    lines = (DATA / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def may_read(article: Article, roles: list[str]) -> bool:
    return article.audience is None or bool(set(article.audience) & set(roles))


def test_articles_load_without_complaint(loaded: Loaded) -> None:
    assert loaded.rejected == ()
    assert loaded.warnings == ()
    assert loaded.skipped["draft"] == 1
    assert loaded.skipped["retired"] == 1


def test_articles_are_many_in_many_formats(articles: dict[str, Article]) -> None:
    formats = Counter(article.format for article in articles.values())
    assert len(articles) >= 60
    assert set(formats) >= {
        "markdown", "html", "text", "jsonl", "csv", "qna",
        "servicenow", "zendesk", "confluence", "docx", "pdf",
    }  # fmt: skip


def test_articles_are_restricted_to_several_roles(articles: dict[str, Article]) -> None:
    restricted = [article for article in articles.values() if article.audience is not None]
    roles = {role for article in restricted for role in article.audience or ()}
    assert len(restricted) >= 8
    assert roles == {"managers", "hr", "finance", "it-admins"}
    assert any(article.audience == () for article in restricted)


def test_everything_in_the_restricted_folder_is_restricted(articles: dict[str, Article]) -> None:
    folder = [a for a in articles.values() if a.path.startswith("restricted/")]
    assert folder
    assert all(article.audience is not None for article in folder)
    checklist = articles["restricted/team-offboarding-checklist.txt"]
    assert checklist.audience == ("managers",), "the folder's default reaches plain text"


def test_vendor_restrictions_became_roles(articles: dict[str, Article]) -> None:
    assert articles["KB0010070"].audience == ("it-admins",)
    assert articles["360041120066"].audience == ("managers",)


def test_articles_hold_no_real_address_or_number(articles: dict[str, Article]) -> None:
    for article in articles.values():
        hosts = re.findall(r"(?:https?://|@)([\w.-]+\.[a-z]{2,})", f"{article.url} {article.body}")
        assert all(host.endswith("example.com") for host in hosts), article.id
        numbers = re.findall(r"(?<![\d-])\d{3}-\d{4}(?![\d-])", article.body)
        assert all(number.startswith("555-") for number in numbers), article.id


def test_questions_are_many_and_of_all_kinds(questions: list[Question]) -> None:
    answerable = [question for question in questions if question["answerable"]]
    units = Counter(question["unit"] for question in answerable)
    reasons = Counter(q["why"] for q in questions if not q["answerable"])
    assert len(questions) >= 200
    assert len(questions) - len(answerable) >= 40
    assert min(units[unit] for unit in ("sentence", "steps", "table")) >= 50
    assert units["paragraph"] >= 5
    assert min(reasons[reason] for reason in REASONS) >= 10
    assert 3 * sum(question.get("reworded", False) for question in answerable) >= len(answerable)
    splits = Counter(question["split"] for question in questions)
    assert set(splits) == {"dev", "report"}
    assert min(splits.values()) >= 100


def test_questions_have_ids_of_their_own(questions: list[Question]) -> None:
    ids = [question["id"] for question in questions]
    assert len(set(ids)) == len(ids)
    asked = Counter((q["question"], tuple(q["roles"])) for q in questions)
    assert [repeated for repeated, count in asked.items() if count > 1] == []


def test_questions_are_labelled_with_known_words(questions: list[Question]) -> None:
    for question in questions:
        assert question["question"].strip() == question["question"] != ""
        if question["answerable"]:
            assert question["unit"] in UNITS, question["id"]
            assert "why" not in question, question["id"]
        else:
            assert question["why"] in REASONS, question["id"]
            assert question["answers"] == [], question["id"]
            assert question["article_ids"] == [], question["id"]


def test_gold_articles_exist_and_may_be_read(
    questions: list[Question], articles: dict[str, Article]
) -> None:
    for question in questions:
        for article_id in question["article_ids"]:
            assert article_id in articles, question["id"]
        if question["answerable"]:
            visible = [may_read(articles[i], question["roles"]) for i in question["article_ids"]]
            assert visible, question["id"]
            assert all(visible), question["id"]


def test_gold_answers_are_quoted_once_in_their_articles(
    questions: list[Question], articles: dict[str, Article]
) -> None:
    # Once: a cell such as "4 years" that stands in three rows would call the wrong row right.
    for question in questions:
        assert bool(question["answers"]) == question["answerable"], question["id"]
        for answer in question["answers"]:
            places = sum(articles[i].body.count(answer) for i in question["article_ids"])
            assert places == 1, (question["id"], answer)


def test_questions_without_rights_hide_their_article(
    questions: list[Question], articles: dict[str, Article]
) -> None:
    for question in questions:
        hidden = question.get("hidden_article_ids", [])
        assert bool(hidden) == (question.get("why") == "no_rights"), question["id"]
        for article_id in hidden:
            assert not may_read(articles[article_id], question["roles"]), question["id"]


def test_questions_asked_with_and_without_rights_share_a_split(questions: list[Question]) -> None:
    splits = defaultdict(set)
    for question in questions:
        splits[question["question"]].add(question["split"])
    assert [text for text, found in splits.items() if len(found) > 1] == []


def test_every_readable_article_is_asked_about(
    questions: list[Question], articles: dict[str, Article]
) -> None:
    asked = {article_id for question in questions for article_id in question["article_ids"]}
    assert {a.id for a in articles.values() if a.audience != ()} - asked == set()


def test_synonyms_are_groups_without_repeats() -> None:
    with (DATA / "synonyms.csv").open(encoding="utf-8", newline="") as lines:
        groups = list(csv.reader(lines))
    terms = [term.casefold() for group in groups for term in group]
    assert len(groups) >= 20
    assert all(len(group) >= 2 for group in groups)
    assert all(term.strip() == term != "" for term in terms)
    assert [term for term, count in Counter(terms).items() if count > 1] == []


# --- the sample agent ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def config() -> AgentConfig:
    return load_agent(DATA / "agent.yaml")


@pytest.fixture(scope="module")
def intents() -> tuple[IntentExample, ...]:
    loaded = load_intents([DATA / "intents.yaml"])
    assert loaded.rejected == ()
    return loaded.examples


@pytest.fixture(scope="module")
def suite() -> Suite:
    return load_suite([DATA / "conversations"])


def test_intents_are_many_with_enough_examples(intents: tuple[IntentExample, ...]) -> None:
    counts = Counter(example.intent for example in intents)
    counts.pop(None)
    assert len(counts) >= 25
    assert {intent: n for intent, n in counts.items() if not 8 <= n <= 18} == {}


def test_no_example_stands_twice(intents: tuple[IntentExample, ...]) -> None:
    small_talk = load_smalltalk([DATA / "smalltalk.qna"])
    said = Counter(example.text.casefold() for example in intents)
    said.update(text.casefold() for entry in small_talk for text in entry.questions)
    assert [text for text, count in said.items() if count > 1] == []


def test_no_example_is_a_labelled_question(
    intents: tuple[IntentExample, ...], questions: list[Question]
) -> None:
    # The questions measure what the intents take from the knowledge base.
    asked = {question["question"].casefold() for question in questions}
    assert [example.text for example in intents if example.text.casefold() in asked] == []


def test_every_intent_is_handled(config: AgentConfig, intents: tuple[IntentExample, ...]) -> None:
    assert {example.intent for example in intents} - {None} == set(config.handle)


def test_agent_has_forms_calls_and_a_way_to_a_person(config: AgentConfig) -> None:
    opened = {h.step.form for h in config.handle.values() if isinstance(h.step, OpenForm)}
    assert len(config.forms) >= 3
    assert opened == set(config.forms)
    assert any(slot.personal for form in config.forms.values() for slot in form.slots)
    assert any(form.confirm for form in config.forms.values())
    assert len(config.actions) >= 2
    assert config.handover.rules
    assert config.mask


def test_agent_calls_no_real_address(config: AgentConfig) -> None:
    for action in config.actions.values():
        assert re.match(r"https://[\w.-]+\.example\.com/", action.url), action.name


def test_conversations_are_many_and_cover_everything(suite: Suite) -> None:
    checks = [c for talk in suite.conversations for step in talk.steps for c in step.checks]
    wanted = {key: {t for c in checks if c.key == key for t in c.texts} for key in (
        "route", "handover", "refusal",
    )}  # fmt: skip
    assert len(suite.conversations) >= 40
    assert wanted["route"] == {route.value for route in Route}
    assert wanted["handover"] == {reason.value for reason in HandoverReason}
    assert "unsupported_language" in wanted["refusal"]
    assert any(talk.roles for talk in suite.conversations)
    assert any(endpoint.closed for talk in suite.conversations for endpoint in talk.endpoints)
    keys = {check.key for check in checks}
    assert keys >= {"intent", "article", "slots", "choices", "sent", "not_stored", "form"}


def test_conversations_name_articles_that_exist(suite: Suite, articles: dict[str, Article]) -> None:
    for talk in suite.conversations:
        for step in talk.steps:
            for check in step.checks:
                if check.key == "article":
                    assert set(check.texts) <= set(articles), (talk.name, check.line)


def test_conversations_mostly_say_what_no_example_says(
    suite: Suite, intents: tuple[IntentExample, ...]
) -> None:
    # A classifier always knows its own examples: played back, they test nothing.
    known = {example.text.casefold() for example in intents}
    said = [step.say for talk in suite.conversations for step in talk.steps]
    repeated = [text for text in said if text.casefold() in known]
    assert len(repeated) <= len(said) / 10, repeated
