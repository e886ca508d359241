from __future__ import annotations

import pytest
from loading_types import LoadText


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "not valid JSON at column 2"),
        ("[" * 100_000, "not usable JSON"),
        ("1" * 5000, "not usable JSON"),
        ("[1]", "it holds a list; looked for ServiceNow"),
        ("3", "it holds a int"),
        ('{"a": 1, "b": 2}', r"it holds the keys ['a', 'b']; looked for ServiceNow"),
        ('{"result": [{"a": 1}]}', "is of no known export"),
        ('{"results": [{"a": 1}]}', 'Articles of your own go in a .jsonl file'),
        ('{"data": {}}', 'Zendesk {"articles": [...]}; Confluence {"results": [...]}'),
    ],
)  # fmt: skip
def test_load_refuses_other_json(load_text: LoadText, text: str, reason: str) -> None:
    loaded = load_text("a.json", text)
    assert not loaded.articles
    assert reason in loaded.rejected[0].reason


@pytest.mark.parametrize(
    "text",
    ['{"result": []}', '{"records": []}', '{"articles": []}', '{"results": [], "_links": {}}'],
)
def test_load_empty_exports_hold_nothing(load_text: LoadText, text: str) -> None:
    loaded = load_text("a.json", text)
    assert (loaded.articles, loaded.rejected) == ((), ())


def test_load_names_the_line_of_broken_json(load_text: LoadText) -> None:
    assert load_text("a.json", '{\n"a": 1,\n}').rejected[0].line == 3
