from __future__ import annotations

import os
from pathlib import Path

import pytest

from agent.configuration import DEFAULT_SMALL_TALK
from agent.configuration.smalltalk import examples, is_smalltalk, load_smalltalk
from agent.errors import ConfigurationError

ENTRY = '<a id="{name}"></a>\n\n# ? {question}\n- {other}\n\n```markdown\n{reply}\n```\n\n'


def written(path: Path, *entries: tuple[str, str, str, str]) -> Path:
    keys = ("name", "question", "other", "reply")
    path.write_text("".join(ENTRY.format(**dict(zip(keys, e, strict=True))) for e in entries))
    return path


def test_load_smalltalk_reads_entries_in_order(tmp_path: Path) -> None:
    path = written(
        tmp_path / "a.qna",
        ("thanks", "thanks", "cheers", "**You're** welcome!"),
        ("7", "Who's that?", "who is it", "Me."),
    )
    first, second = load_smalltalk([path])
    assert (first.name, first.questions) == ("smalltalk/thanks", ("thanks", "cheers"))
    assert first.reply == "You're welcome!"
    assert (first.path, first.line) == (str(path), 3)
    assert second.name == "smalltalk/whos-that"


def test_load_smalltalk_lets_a_later_file_replace_entries(tmp_path: Path) -> None:
    one = written(tmp_path / "a.qna", ("hello", "hello", "hi", "Hello!"), ("b", "x", "y", "z"))
    two = written(tmp_path / "b.qna", ("hello", "hello", "hey", "Good day."))
    entries = {entry.name: entry for entry in load_smalltalk([one, two])}
    assert entries["smalltalk/hello"].reply == "Good day."
    assert set(entries) == {"smalltalk/hello", "smalltalk/b"}


def test_load_smalltalk_counts_a_doubled_question_once(tmp_path: Path) -> None:
    path = written(tmp_path / "a.qna", ("a", "hello", "hi", "1"), ("b", "Hello!", "good day", "2"))
    entries = load_smalltalk([path])
    assert [entry.questions for entry in entries] == [("hello", "hi"), ("good day",)]


def test_load_smalltalk_tells_entries_of_one_name_apart(tmp_path: Path) -> None:
    path = written(tmp_path / "a.qna", ("a", "x", "y", "1"), ("a", "v", "w", "2"))
    assert [entry.name for entry in load_smalltalk([path])] == ["smalltalk/a", "smalltalk/a-2"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "no small talk in it; expected lines like"),
        (b"# ? hello\n- hi\n", r"a.qna:1: the answer to 'hello' is missing"),
        (b"# ? hello\n\n```markdown\n\n```\n", r"a.qna:1: the reply to 'hello' is empty"),
        (b"# ? hello\n\xff", r"a.qna:2: byte 0xff isn't UTF-8"),
    ],
)
def test_load_smalltalk_says_what_is_wrong(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "a.qna"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError, match=reason):
        load_smalltalk([path])


def test_load_smalltalk_names_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="can't read the small talk"):
        load_smalltalk([tmp_path / "none.qna"])


def test_examples_label_every_question_with_its_entry() -> None:
    entries = load_smalltalk([DEFAULT_SMALL_TALK])
    labelled = examples(entries)
    assert len(labelled) == sum(len(entry.questions) for entry in entries)
    assert {example.intent for example in labelled} == {entry.name for entry in entries}
    assert all(is_smalltalk(example.intent) for example in labelled)
    assert not is_smalltalk(None)
    assert not is_smalltalk("order")


@pytest.mark.shared_data
def test_load_smalltalk_reads_files_of_the_bot_framework() -> None:
    beside = Path(__file__).parents[3].parent / "shared" / "data"
    shared = Path(os.environ.get("FRONTDESK_SHARED_DATA", beside))
    path = shared / "ms_chitchat" / "qna_chitchat_friendly.qna"
    if not path.is_file():
        pytest.skip("the public small talk isn't here; name its folder in FRONTDESK_SHARED_DATA")
    entries = load_smalltalk([path])
    assert len(entries) == 90
    assert all(entry.reply for entry in entries)
