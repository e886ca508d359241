"""The structure of a body: headings, paragraphs, lists, tables and code, with exact offsets.

A body is light Markdown from one of our loaders, or a field or file verbatim: plain text of any
kind. This package is a line scanner of its own. markdown-it-py was tried first and is fast and
sound, but CommonMark is not what such bodies hold:

- "Step 1: …" lines, "•" bullets and "(1)" are not lists to it;
- a paragraph or code block between two steps that isn't indented far enough, which authors do
  all the time, tears the procedure in two and restarts the count;
- indented plain text becomes code, `<tag>` lines become HTML, an unclosed fence swallows the rest;
- link definitions leave no token behind, so text would be lost to the index;
- one paragraph per line, as exports of wikis have it, becomes one paragraph in all.

Turning each of these off or mending it afterwards took more code than the scanner does. What is
kept from CommonMark and GFM: ATX and setext headings, fences, pipe tables, list markers, lazy
continuation lines. Left out on purpose: inline markup, HTML, structure inside block quotes (a
quote is a paragraph) and inside list items (`blocks` of the item's text gives it).

Offsets are half-open and count code points of the body. A line ends at CR LF, CR or LF; form
feeds, U+0085 and U+2028 are white space inside a line. Time and memory are linear in the length.

`scanner.py` makes the one pass over the `lines.py`. What a line may begin is told by
`openings.py` (`tables.py` for the long case) and `markers.py`, how far it then reaches by
`lists.py` and `paragraphs.py`.
"""

from retrieval.passages.structure.block import Block, BlockKind, block_at
from retrieval.passages.structure.lead_ins import lead_in
from retrieval.passages.structure.scanner import blocks

__all__ = ["Block", "BlockKind", "block_at", "blocks", "lead_in"]
