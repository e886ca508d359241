# ruff: noqa: E501  (markup stands as it is)
"""What opens with a click is content; what only acts or decorates is not."""

from __future__ import annotations

import pytest

from retrieval.articles.readable import readable


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<h2><button aria-expanded=false>Fees?</button></h2><div hidden class=collapse><p>12 euros.</p></div>",
         "## Fees?\n\n12 euros."),
        ("<button aria-expanded=false>What does it cost?</button><div hidden><p>12 euros.</p></div>",
         "What does it cost?\n\n12 euros."),
        ("<button class=q><h3>Fees?</h3></button><div><p>12 euros.</p></div>", "### Fees?\n\n12 euros."),
        ("<dl><dt><button>Fees</button></dt><dd hidden><p>12 euros.</p></dd></dl>", "- Fees: 12 euros."),
        ("<div hidden=until-found><p>12 euros.</p></div>", "12 euros."),
        ("<h3>Fees</h3><div class=accordion-panel aria-hidden=true><p>12 euros.</p></div>", "### Fees\n\n12 euros."),
        ("<a aria-controls=x>Fees</a><section id=x hidden><p>12 euros.</p></section>", "Fees\n\n12 euros."),
        ("<details><summary><button>Fees</button></summary>12 euros.</details>", "Fees\n\n12 euros."),
        ("<p>Open. <span hidden>The PIN is 4471.</span></p><div hidden><p>The PIN is 4471.</p></div>", "Open."),
        ("<p>Click <i aria-hidden=true>X</i><button>Save</button> and wait.</p>", "Click Save and wait."),
        ("<ol><li>Press <button>Next</button> twice.<li><div>Press <button>Finish</button>.</div></ol>",
         "1. Press Next twice.\n2. Press Finish."),
        ("<div><button>Print</button><button aria-expanded=false>Menu</button></div><p>x", "x"),
        ("<p>Type <input value='a.conf'> here.", "Type a.conf here."),
        ("<main><aside class=box><p>The fee is 4 euros.</p></aside></main>", "The fee is 4 euros."),
        ("<main><p>x</p><aside><h2>Related articles</h2><p><a href=a>One</a></p></aside></main>", "x"),
        ("<aside class=column><p>The fee is 4 euros.</p></aside><p>x", "x"),
        ("<form><fieldset><legend>Form 3</legend><p>Fill in field 3 of it.</p><label>Name</label><input></fieldset></form>",
         "Form 3\n\nFill in field 3 of it."),
        ("<form class=search><p>Search our help for words</p><input></form>x", "x"),
        ("<p>Run:</p><script type=syntaxhighlighter class='brush: bash'><![CDATA[cups restart]]></script>",
         "Run:\n\n```\ncups restart\n```"),
        ("<script>var x</script>x", "x"),
    ],
)  # fmt: skip
def test_content_stays_and_controls_go(html: str, text: str) -> None:
    assert readable(html) == text


WINDOWS = "<p>Run setup.exe.</p>"
MACOS = "<p>Drag it.</p>"


@pytest.mark.parametrize(
    "html",
    [
        f"<ul role=tablist><li role=tab>Windows<li role=tab>macOS</ul><div role=tabpanel>{WINDOWS}</div><div role=tabpanel hidden>{MACOS}</div>",
        f"<div class=tabs><ul class='nav nav-tabs'><li><a href='#w'>Windows</a><li><a href='#m'>macOS</a></ul><div><div id=w class=tab-pane>{WINDOWS}</div><div id=m class=tab-pane>{MACOS}</div></div></div>",
        f"<div role=tablist><button role=tab aria-controls=w>Windows</button><button role=tab aria-controls=m>macOS</button></div><div id=m role=tabpanel hidden>{MACOS}</div><div id=w role=tabpanel>{WINDOWS}</div>",
        f"<div class=tabbed-set><input type=radio><input type=radio><div class=tabbed-labels><label>Windows</label><label>macOS</label></div><div><div class=tabbed-block>{WINDOWS}</div><div class=tabbed-block>{MACOS}</div></div></div>",
        f"<div class=sd-tab-set><input type=radio><label>Windows</label><div>{WINDOWS}</div><input type=radio><label>macOS</label><div>{MACOS}</div></div>",
    ],
)
def test_every_panel_stands_under_its_tab(html: str) -> None:
    text = readable(f"<h2>Install</h2>{html}<p>Done.</p>")
    blocks = text.split("\n\n")
    assert (blocks[0], blocks[-1]) == ("## Install", "Done.")
    pairs = list(zip(blocks[1:-1:2], blocks[2:-1:2], strict=True))
    assert sorted(pairs) == [("Windows", "Run setup.exe."), ("macOS", "Drag it.")]


def test_row_of_tabs_without_panels_stays() -> None:
    assert readable("<ul role=tablist><li role=tab>One<li role=tab>Two</ul>") == "- One\n- Two"
