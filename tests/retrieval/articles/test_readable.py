from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval.articles.readable import drop_leading_title, readable
from retrieval.errors import ArticleError


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("", ""),
        ("plain", "plain"),
        ("<p>a &amp; b &lt;c&gt; &eacute;&nbsp;x</p>", "a & b <c> é x"),
        ("<p>two\n   lines</p><p>next</p>", "two lines\n\nnext"),
        ("a<br>b<br><br>c", "a\nb\n\nc"),
        ("<b>bold</b>, <i>it</i>.<a href=x>link</a>", "bold, it.link"),
        ("<div>one<div>two</div>three</div>", "one\n\ntwo\n\nthree"),
        ("<h2>Head <em>line</em></h2><p>x", "## Head line\n\nx"),
        ("<h3></h3>x", "x"),
        ("<h2># Hash</h2>", "## Hash"),
        ("<p>10<sup>6</sup> m<sup>2</sup> H<sub>2</sub>O", "10^6 m2 H2O"),
        ("word<sup><a href=#1>1</a></sup>", "word[1]"),
        ("<q>Yes</q>", '"Yes"'),
        ("<p>now $8 <s>was $10</s>", "now $8"),
        ("soft\u00adhyphen zero\u200bwidth", "softhyphen zerowidth"),
        ("<p>family 👨‍👩‍👧", "family 👨‍👩‍👧"),
        ("<blockquote><p>said", "said"),
        ("a<hr>b", "a\n\nb"),
        ("<details><summary>More</summary>Text</details>", "More\n\nText"),
        ("<p>• one<br>• two", "- one\n- two"),
        ("a\0b", "a\ufffdb"),
        ("<i hidden></i>a\x01\x0bb&#1;c&#x0B;d&#xFFFE;e\uffff", "abcde"),
        ("a&#x110000;b&#xD800;&#0;", "a\ufffdb\ufffd\ufffd"),
        ("&#8211;&#x2013;&#150;&#65;&#12;B", "–––A B"),
        ("<unknown-tag>x</unknown-tag>", "x"),
    ],
)
def test_readable_paragraphs(html: str, text: str) -> None:
    assert readable(html) == text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<ul><li>a<li>b</ul>", "- a\n- b"),
        ("<ol><li>a<li>b</ol>", "1. a\n2. b"),
        ("<ol start=9><li>a<li>b<ul><li>c</ul></ol>", "9. a\n10. b\n    - c"),
        ("<ol><li value=4>a<li>b</ol>", "4. a\n5. b"),
        ("<ol reversed><li>a<li>b</ol>", "2. a\n1. b"),
        ("<ol type=a><li>a<li>b</ol>", "a) a\nb) b"),
        ("<ol><li>a</li><ul><li>x</ul><li>b</ol>", "1. a\n   - x\n2. b"),
        ("<ol><li><p>a</p><p>note</p></li><li>b</ol>", "1. a\n   note\n2. b"),
        ("<ol><li>a<pre>x\n  y</pre><li>b</ol>", "1. a\n   ```\n   x\n     y\n   ```\n2. b"),
        ("<ol><li><h3>a</h3>text</ol>", "1. a\n   text"),
        ("<ul><li></li><li>b</ul>", "- b"),
        ("<li>stray", "- stray"),
        ("<ul><li><input type=checkbox checked> done<li><input type=checkbox> open</ul>",
         "- [x] done\n- [ ] open"),
        ("<dl><dt>A<dd>one<dt>B<dt>C:<dd>two<dd>three</dl>", "- A: one\n- B, C: two\n  three"),
        ("<dl><dt>A<dd><ul><li>x<li>y</ul></dl>", "- A:\n  - x\n  - y"),
        ("<dl><dd>alone</dl>", "- alone"),
        ("<dl><dt>Why?<dd>So.</dl>", "- Why? So."),
        ("<ol><li>a<table><tr><th>h<th>i<tr><td>1<td>2</table></ol>",
         "1. a\n   | h | i |\n   | --- | --- |\n   | 1 | 2 |"),
    ],
)  # fmt: skip
def test_readable_lists(html: str, text: str) -> None:
    assert readable(html) == text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<pre>\n a\n\n  b \n</pre>", "```\n a\n\n  b\n```"),
        ("<pre>a<br>b<span>c</span></pre>", "```\na\nbc\n```"),
        ("<pre>```\nx</pre>", "````\n```\nx\n````"),
        ("<pre> \n</pre>x", "x"),
        ("<p>run <code>a  b</code>", "run a b"),
    ],
)
def test_readable_code(html: str, text: str) -> None:
    assert readable(html) == text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p><img alt='A lock icon'>", "A lock icon"),
        ("<p>Press <img alt='Save'> now.", "Press Save now."),
        ("<p>Press it.<img alt='The dialog'>", "Press it.\nThe dialog"),
        ("<p>x<img alt='image1'><img alt='shot.png'><img alt='(info)'><img>y", "xy"),
        ("<figure><img alt='Screenshot'><figcaption>The menu</figcaption></figure>", "The menu"),
    ],
)
def test_readable_pictures(html: str, text: str) -> None:
    assert readable(html) == text


@pytest.mark.parametrize(
    "html",
    [
        "<script>bad()</script>",
        "<style>p{}</style>",
        "<nav><p>bad</nav>",
        "<div role=navigation>bad</div>",
        "<footer>bad</footer>",
        "<aside><p>bad</aside>",
        "<form><p>bad<input value=bad><select><option>bad</select></form>",
        "<button>bad</button>",
        "<div hidden>bad</div>",
        "<span aria-hidden=true>bad</span>",
        "<header>bad</header>",
        "<svg><text>bad</text></svg>",
        "<!-- bad -->",
        "<?bad?>",
        "<noscript>bad</noscript>",
        "<template>bad</template>",
        "<a class='headerlink' href=#x>bad</a>",
        "<iframe>bad</iframe>",
    ],
)
def test_readable_drops_what_is_no_article(html: str) -> None:
    assert readable(f"<body>{html}<p>good</p></body>") == "good"


@pytest.mark.parametrize(
    "html",
    [
        "<form action=/><main><h1>T</h1><p>good</main></form>",
        "<aside class='callout note'>good</aside>",
        "<aside role=note>good</aside>",
        "<article><header><p>good</header></article>",
        "<p>Click <button>good</button>",
    ],
)
def test_readable_keeps_what_only_looks_like_it(html: str) -> None:
    assert "good" in readable(html)


def test_readable_deep_nesting_keeps_its_text() -> None:
    assert "x" in readable("<div>" * 1500 + "x")
    assert readable("<ul><li>" * 500 + "x").strip("- ") == "x"


def test_readable_too_deep_nesting_is_refused() -> None:
    with pytest.raises(ArticleError, match="the HTML is nested too deeply"):
        readable("<div>" * 5000 + "x")


@given(st.lists(st.sampled_from(
    ["<p>", "</p>", "<ul>", "<ol start=3>", "<li>", "</ul>", "<table>", "<tr>", "<td colspan=3>",
     "<th rowspan=2>", "</table>", "<pre>", "</pre>", "<dl>", "<dt>", "<dd>", "<br>", "<h2>",
     "</h2>", "<img alt='a b c'>", "<form>", "<aside>", "word ", "\n", "<b>", "</b>", "<sup>1"]
), max_size=40))  # fmt: skip
@settings(max_examples=300)
def test_readable_any_markup_keeps_lines_tidy(pieces: Any) -> None:
    text = readable("".join(pieces))
    assert text == text.strip("\n")
    assert "\n\n\n" not in text
    if "<form>" not in pieces and "<aside>" not in pieces:
        assert text.count("word") >= pieces.count("word ")  # cells that span rows repeat theirs


def test_drop_leading_title_drops_only_the_title() -> None:
    assert drop_leading_title("# A  b\n\nx", "A b") == "x"
    assert drop_leading_title("## A b", "A b") == ""
    assert drop_leading_title("# Other\n\nx", "A b") == "# Other\n\nx"
    assert drop_leading_title("A b\n\nx", "A b") == "A b\n\nx"
