from __future__ import annotations

import pytest
from loading_types import LoadText

BOMB = (
    '<!DOCTYPE z [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    "<unload><kb_knowledge><text>&b;</text></kb_knowledge></unload>"
)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("<unload>\n<a>", "not valid XML"),
        ("", "not valid XML"),
        (BOMB, "declares a document type or entities (DTDForbidden)"),
        ('<!DOCTYPE x SYSTEM "file:///etc/passwd"><unload/>', "declares a document type"),
        ("<rss/>", "its outermost element is <rss>; looked for ServiceNow's"),
        ("<unload><incident/></unload>", "no <kb_knowledge> records but <incident>"),
        ('<?xml version="1.0" encoding="no-such"?><unload/>', "XML"),
        (b"<unload>\xe9</unload>", "not valid XML"),
    ],
)
def test_load_refuses_other_and_harmful_xml(load_text: LoadText, text: str, reason: str) -> None:
    loaded = load_text("a.xml", text)
    assert not loaded.articles
    assert reason in loaded.rejected[0].reason


def test_load_names_the_line_of_broken_xml(load_text: LoadText) -> None:
    assert load_text("a.xml", "<unload>\n<a></b>\n</unload>").rejected[0].line == 2


def test_load_empty_export_holds_nothing(load_text: LoadText) -> None:
    loaded = load_text("a.xml", "<unload/>")
    assert (loaded.articles, loaded.rejected) == ((), ())


@pytest.mark.parametrize(
    "junk", [b"\x08", b"\x1f\x0b", b"\xef\xbf\xbe", b"&#8;", b"&#x1F;", b"&#0;"]
)
def test_load_leaves_out_characters_that_xml_cannot_hold(load_text: LoadText, junk: bytes) -> None:
    row = (
        b"<kb_knowledge><number>KB1</number><text>Text " + junk + b"here.</text>"
        b"<workflow_state>published</workflow_state></kb_knowledge>"
    )
    (article,) = load_text("a.xml", b"<unload>" + row + b"</unload>").articles
    assert article.body == "Text here."
