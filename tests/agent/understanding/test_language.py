from __future__ import annotations

import pytest

from agent.understanding.language import REPLIES, detect_language, reply_in_kind


@pytest.mark.parametrize("code", sorted(REPLIES))
def test_reply_is_in_the_language_it_stands_for(code: str) -> None:
    said = reply_in_kind(code, supported=("en", "ja"), ask="talk to a person")
    assert said is not None
    assert ", 日本語" in said
    # What is answered is named as it is called in the language of the reply.
    assert "English" not in said
    assert "talk to a person" in said
    told = detect_language(REPLIES[code].format(languages="", ask=""))
    assert told.code == code


@pytest.mark.parametrize(
    ("code", "english"),
    [("fr", "anglais"), ("de", "Englisch"), ("ja", "英語"), ("ru", "английский")],
)
def test_reply_names_english_as_its_reader_does(code: str, english: str) -> None:
    said = reply_in_kind(code)
    assert said is not None
    assert english in said


def test_reply_names_a_language_without_a_name_by_its_code() -> None:
    said = reply_in_kind("de", supported=("xx",))
    assert said is not None
    assert "xx" in said


def test_there_are_replies_in_the_common_languages() -> None:
    assert len(REPLIES) >= 20
    assert reply_in_kind("en") is None
    assert reply_in_kind("") is None
