"""An explanation as one HTML page that needs nothing else and trusts no text.

Articles and questions are written by others: every text is escaped, the page may load
nothing, and of scripts only our own runs, by its hash.
"""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Sequence
from hashlib import sha256
from importlib.resources import files

import numpy as np

from qa.explaining.belief import Belief
from qa.explaining.explain import Explanation, Flow, Heads, Rival, View, Weights
from qa.explaining.sight import MAX_TESTED, strongest
from qa.explaining.words import Part, Word
from qa.types import Answer, Refusal

__all__ = ["figure", "heat_level", "influence_level", "page", "percent"]

_HEAT_STEPS = 8
_INFLUENCE_STEPS = 4
# Effects below this share of the strongest are left uncoloured: they are noise to a reader.
_FAINT = 0.08
_STRONGEST = 8
_BEST_HEADS = 3
# Weights that are all below this are shown with a decimal.
_SMALL = 0.1
# What HTML forbids, or what would turn the text around it: shown as a sign of its own.
_UNSAFE = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


def page(explanation: Explanation) -> str:
    """Return the page.

    Args:
        explanation: From `explain`.
    """
    style = files(__package__).joinpath("page.css").read_text(encoding="utf-8")
    script = files(__package__).joinpath("page.js").read_text(encoding="utf-8")
    allowed = base64.b64encode(sha256(script.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{allowed}'"
    body = "".join(_sections(explanation))
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{_safe(explanation.question)} – why this answer</title>\n"
        f"<style>\n{style}</style>\n</head>\n<body>\n<main>\n{body}</main>\n"
        f"<script>{script}</script>\n</body>\n</html>\n"
    )


def heat_level(weight: float, most: float) -> int:
    """Return the step of the colour scale, 0 to 8, in even parts of the largest weight."""
    return round(_HEAT_STEPS * min(1.0, max(0.0, weight / most))) if most > 0 else 0


def influence_level(effect: float | None, most: float) -> int:
    """Return the step of the colour scale, -4 (against) to 4 (for); 0 is no colour."""
    if effect is None or most <= 0 or abs(effect) < _FAINT * most:
        return 0
    step = min(_INFLUENCE_STEPS, 1 + int(_INFLUENCE_STEPS * abs(effect) / most))
    return step if effect > 0 else -step


def percent(share: float) -> str:
    """Return a probability for people; never 0 % or 100 %, which nobody can promise."""
    return f"{min(99, max(1, round(100 * share)))} %"


def figure(weight: float, most: float) -> str:
    """Return a weight in percent, with a decimal where all weights are small."""
    return f"{100 * weight:.{1 if most < _SMALL else 0}f}"


def _safe(text: str) -> str:
    return html.escape(_UNSAFE.sub("\N{REPLACEMENT CHARACTER}", text), quote=True)


def _sections(explanation: Explanation) -> list[str]:
    parts = [
        '<p class="kind">Why this answer? The question was:</p>\n',
        f"<h1>{_safe(explanation.question) or '(an empty question)'}</h1>\n",
        _verdict(explanation),
    ]
    answer = explanation.answer
    if answer is None:
        return [*parts, "<p>Nothing was found that could be shown here.</p>\n"]
    parts.append(_in_passage(explanation, answer))
    if explanation.belief is not None:
        parts.append(_believed(explanation.belief, answer, explanation.refusal))
    parts.append(_rivals(explanation.rivals))
    # Several readers: the first decides, the others were asked besides.
    # As the readers saw it: what can't be encoded was replaced.
    question = explanation.question.encode("utf-8", "replace").decode("utf-8")
    for number, view in enumerate(explanation.views):
        parts.append(_view(view, question, explanation.passage, is_first=number == 0))
    return parts


def _verdict(explanation: Explanation) -> str:
    answer, refusal = explanation.answer, explanation.refusal
    if refusal is not None:
        best = (
            ""
            if answer is None
            else f"<p>The best candidate, which was not given as an answer "
            f"({percent(answer.confidence)} sure):</p>"
            f'<p class="quote">“{_safe(answer.text)}”</p>'
        )
        return (
            f'<div class="verdict refused"><p><strong>Refused.</strong> {_safe(refusal.message)}'
            f"</p>{best}</div>\n"
        )
    if answer is None:
        return ""
    return (
        f'<div class="verdict"><p><strong>Answered</strong>, {percent(answer.confidence)} sure:'
        f'</p><p class="quote">“{_safe(answer.text)}”</p></div>\n'
    )


def _in_passage(explanation: Explanation, answer: Answer) -> str:
    text, (start, end) = explanation.passage, explanation.place
    where = " › ".join(_safe(part) for part in dict.fromkeys((answer.title, *answer.headings)))
    url = answer.url or ""
    link = (
        f' · <a href="{_safe(url)}" rel="noreferrer noopener">{_safe(url)}</a>'
        if url.startswith(("https://", "http://"))
        else ""
    )
    return (
        f"<h2>The {'answer' if explanation.refusal is None else 'best candidate'} in its passage"
        "</h2>\n"
        f"<p>{where}</p>\n"
        f'<div class="text">{_safe(text[:start])}<mark>{_safe(text[start:end])}</mark>'
        f"{_safe(text[end:])}</div>\n"
        f'<p class="source">Quoted word for word from {_safe(answer.article_id)}, characters '
        f"{answer.start} to {answer.end}; version {answer.article_sha256[:12]}{link}</p>\n"
    )


def _believed(belief: Belief, answer: Answer, refusal: Refusal | None) -> str:
    heading = "Why it was believed" if refusal is None else "Why it was not believed"
    compared = "at least" if answer.confidence >= belief.threshold else "less than"
    most = max((abs(sign.points) for sign in belief.signs), default=0.0) or 1.0
    rows = [
        (
            '<tr><th scope="row">Starting point<small>before any evidence: '
            f'{percent(belief.start_confidence)} sure</small></th><td class="n"></td>'
            f'<td class="n">{belief.start:+.1f}</td><td class="drawn"></td></tr>\n'
        )
    ]
    for sign in belief.signs:
        width = round(9 * abs(sign.points) / most, 2)
        against = " against" if sign.points < 0 else ""
        bar = f'<span class="bar{against}" style="width:{width}rem"></span>' if sign.counts else ""
        points = f"{sign.points:+.1f}" if sign.counts else "not used"
        rows.append(
            f'<tr{"" if sign.counts else " class=off"}><th scope="row">{sign.title}'
            f'<small>{sign.meaning}</small></th><td class="n">{sign.value:.2f}</td>'
            f'<td class="n">{points}</td><td class="drawn">{bar}</td></tr>\n'
        )
    capped = (
        "<p>It stands after a surer answer, so its confidence was lowered to that one's.</p>\n"
        if abs(answer.confidence - belief.confidence) > 0.005
        else ""
    )
    return (
        f"<h2>{heading}</h2>\n"
        f"<p>It is believed with {percent(answer.confidence)}, {compared} the "
        f"{percent(belief.threshold)} that are asked for here. The confidence starts low, and "
        "each sign adds points; more of a sign never makes an answer less believed. Every 2.2 "
        "points or so move it from 50 % to 90 %.</p>\n"
        '<div class="wide" tabindex="0" role="region" aria-label="Signs and points">'
        '<table class="plain"><thead><tr><th scope="col">Sign</th><th scope="col" class="n">'
        'Measured</th><th scope="col" class="n">Points</th><td class="drawn"></td>'
        f"</tr></thead><tbody>\n{''.join(rows)}"
        f'<tr class="sum"><th scope="row">Together<small>as a confidence: '
        f'{percent(belief.confidence)}</small></th><td class="n"></td><td class="n">'
        f'{belief.log_odds:+.1f}</td><td class="drawn"></td></tr></tbody></table></div>\n{capped}'
    )


def _rivals(rivals: Sequence[Rival]) -> str:
    if not rivals:
        return (
            "<h2>What it was preferred to</h2>\n"
            "<p>There was no other candidate in the passages that were read.</p>\n"
        )
    rows = "".join(
        f'<tr><td>{_safe(rival.text)}</td><td>{_safe(rival.title)}</td><td class="n">'
        f"{percent(rival.confidence)}</td></tr>\n"
        for rival in rivals
    )
    return (
        "<h2>What it was preferred to</h2>\n"
        "<p>In the order they were ranked; the figure says how sure each would be by itself.</p>\n"
        '<div class="wide" tabindex="0" role="region" aria-label="Other candidates">'
        '<table class="plain"><thead><tr><th scope="col">Candidate</th><th scope="col">Article'
        f'</th><th scope="col" class="n">Sure</th></tr></thead><tbody>\n{rows}</tbody></table>'
        "</div>\n"
    )


def _view(view: View, question: str, passage: str, *, is_first: bool) -> str:
    name = _safe(view.reader.partition("@")[0])
    kind = "attention-flow reader" if view.flow is not None else "BERT reader"
    asked = "" if is_first else ", asked besides"
    effects = [abs(effect) for effect in view.effects if effect is not None]
    most = max(effects, default=0.0)
    margin = view.sight.margin
    preferred = "prefers it to" if margin >= 0 else "likes it less than"
    return (
        f"<h2>What the reader went by: “{name}”, a{'n' if kind[0] == 'a' else ''} {kind}{asked}"
        "</h2>\n"
        f"<p>In this passage the reader {preferred} “no answer” by {abs(margin):.1f} on its own "
        "scale. Each word below was taken away in turn, and it read again. Blue words held "
        "the answer up: without them its score falls. Orange words spoke against it. Hover over "
        "a word for its figure.</p>\n"
        '<ul class="legend"><li><span class="w swatch p4">aa</span> for the answer</li>'
        '<li><span class="w swatch p1">aa</span></li><li>no colour: hardly any effect</li>'
        '<li><span class="w swatch n1">aa</span></li><li><span class="w swatch n4">aa</span> '
        'against it (dashed line)</li><li><span class="w said">aa</span> the answer itself</li>'
        "</ul>\n"
        f"{_influences(view, most, question, passage)}"
        f"{_strongest(view, most)}"
        f"{'' if view.flow is None else _flow(view, view.flow, passage)}"
        f"{'' if view.heads is None else _heads(view, view.heads)}"
    )


def _influences(view: View, most: float, question: str, passage: str) -> str:
    titles = {
        Part.QUESTION: "The question",
        Part.HEADING: "Title and headings",
        Part.PASSAGE: "The passage",
    }
    said = [view.sight.words[place] for place in view.sight.answer]
    texts = {Part.QUESTION: question, Part.HEADING: None, Part.PASSAGE: passage}
    out = []
    for part, title in titles.items():
        marked: list[tuple[Word, str, str]] = []
        for word, effect in zip(view.sight.words, view.effects, strict=True):
            if word.part is part:
                level = influence_level(effect, most)
                colour = f" p{level}" if level > 0 else f" n{-level}" if level < 0 else ""
                hint = "not tested" if effect is None else f"{effect:+.2f}"
                marked.append((word, f"w{colour}", hint))
        if marked:
            inner = _marked(marked, said if part is Part.PASSAGE else (), texts[part])
            out.append(f'<p class="label">{title}</p>\n<div class="text">{inner}</div>\n')
    if None in view.effects:
        out.append(f'<p class="note">The {MAX_TESTED} words nearest to the answer were tested.</p>')
    return "".join(out)


def _marked(
    marked: Sequence[tuple[Word, str, str]], said: Sequence[Word], text: str | None = None
) -> str:
    """Put words together again, each with its colour, and a frame around the answer.

    Args:
        marked: Words with their classes and what to say of them.
        said: The answer's words, one behind the other.
        text: What stands between them; None puts spaces there.
    """
    pieces: list[str] = []
    last = None
    for word, classes, hint in marked:
        if last is not None:
            gap = " " if word.start > last.end else ""
            pieces.append(_safe(text[last.end : word.start] if text is not None else gap))
        if said and word == said[0]:
            pieces.append('<span class="said">')
        pieces.append(f'<span class="{classes}" title="{hint}">{_safe(word.text)}</span>')
        if said and word == said[-1]:
            pieces.append("</span>")
        last = word
    return "".join(pieces)


def _strongest(view: View, most: float) -> str:
    rows = []
    where = {Part.QUESTION: "question", Part.HEADING: "title", Part.PASSAGE: "passage"}
    for word, effect in strongest(view.sight.words, view.effects, _STRONGEST):
        width = round(9 * abs(effect) / (most or 1.0), 2)
        against = " against" if effect < 0 else ""
        rows.append(
            f'<tr><td>{_safe(word.text)}</td><td class="k">{where[word.part]}</td><td class="n">'
            f'{effect:+.1f}</td><td class="drawn"><span class="bar{against}" '
            f'style="width:{width}rem"></span></td></tr>\n'
        )
    return (
        '<h3>The words that counted most</h3>\n<div class="wide" tabindex="0" role="region" '
        'aria-label="Words that counted most"><table class="plain"><thead><tr>'
        '<th scope="col">Word</th><th scope="col">Where</th><th scope="col" class="n">Effect'
        f'</th><td class="drawn"></td></tr></thead><tbody>\n{"".join(rows)}'
        "</tbody></table></div>\n"
    )


def _flow(view: View, flow: Flow, passage: str) -> str:
    asked = view.sight.part(Part.QUESTION)
    said = [view.sight.words[place] for place in view.sight.answer]
    most = float(flow.to_passage.max(initial=0.0))
    marked = [
        (
            word,
            f"w h{heat_level(float(weight), most)}",
            f"{100 * weight:.1f} %",
        )
        for word, weight in zip(flow.passage, flow.to_passage, strict=True)
    ]
    table = _heat_table(
        [word.text for word in flow.rows],
        [word.text for word in asked],
        flow.to_question,
        caption="Each row says, in percent, which words of the question a word of the passage "
        "attends to",
        hits=[word in said for word in flow.rows],
    )
    return (
        "<h3>Where it looked: from the passage to the question</h3>\n"
        "<p>Rows are the words around the answer (the answer's own are marked), columns the "
        "words of the question. Looking somewhere doesn't prove that it counted; the colours "
        f"further up do.</p>\n{_scale(float(flow.to_question.max(initial=0.0)))}{table}"
        "<h3>Where it looked: from the question to the passage</h3>\n"
        "<p>Which words of the passage the question as a whole attends to.</p>\n"
        f'{_scale(most)}<div class="text">{_marked(marked, said, passage)}</div>\n'
    )


def _heads(view: View, heads: Heads) -> str:
    asked = [word.text for word in view.sight.part(Part.QUESTION)]
    answer = [word.text for word in heads.answer]
    n_layers, n_heads = heads.weights.shape[:2]
    by_head = heads.by_head
    order = np.argsort(-by_head, axis=None, kind="stable")[:_BEST_HEADS]
    best = [divmod(int(number), n_heads) for number in order]
    layers = "".join(
        f"<details><summary>Layer {layer + 1}: all heads</summary>"
        + _heat_table(
            [f"head {head + 1}" for head in range(n_heads)],
            asked,
            heads.weights[layer].mean(axis=1),
            caption=f"Layer {layer + 1}: percent of the attention, mean over the answer",
        )
        + "</details>\n"
        for layer in range(n_layers)
    )
    overview = _heat_table(
        [f"layer {layer + 1}" for layer in range(n_layers)],
        [str(head + 1) for head in range(n_heads)],
        by_head,
        caption="Percent of its attention that the answer gives the question, by layer (rows, "
        "the first reads the text, the last decides) and head (columns)",
    )
    return (
        "<h3>Where it looked: from the answer to the question</h3>\n"
        f"<p>The network has {n_layers} layers of {n_heads} heads; each head looks for something "
        "of its own. This is their mean: how much each word of the answer attends to each word "
        "of the question. The rest of the attention goes to the passage and to signs that aren't "
        "words. Looking somewhere doesn't prove that it counted; the colours further up do."
        f"</p>\n{_scale(float(heads.mean.max(initial=0.0)))}"
        + _heat_table(answer, asked, heads.mean, caption="Mean of all heads, in percent", hit=True)
        + "<h3>Which heads look at the question</h3>\n"
        + _scale(float(by_head.max(initial=0.0)))
        + overview
        + _chooser(answer, asked, heads, best)
        + layers
    )


def _chooser(
    answer: Sequence[str], asked: Sequence[str], heads: Heads, best: Sequence[tuple[int, int]]
) -> str:
    """Return what the script shows: one head's heat map, and a choice of heads."""
    n_layers, n_heads = heads.weights.shape[:2]

    def option(layer: int, head: int) -> str:
        share = round(100 * float(heads.by_head[layer, head]))
        return (
            f'<option value="{layer} {head}">layer {layer + 1}, head {head + 1} ({share} %)'
            "</option>"
        )

    options = "".join(option(layer, head) for layer, head in best)
    every = "".join(option(layer, head) for layer in range(n_layers) for head in range(n_heads))
    stored = json.dumps(
        {
            "answer": [_UNSAFE.sub("\N{REPLACEMENT CHARACTER}", word) for word in answer],
            "weights": np.round(heads.weights.astype(np.float64), 4).tolist(),
        }
    )
    # Inside a script nothing is unescaped, so no text may end it.
    stored = stored.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    columns = "".join(f'<th scope="col">{_safe(word)}</th>' for word in asked)
    return (
        '<div class="chooser" hidden><p><label>One head by itself: <select>'
        f'<optgroup label="Those that look at the question most">{options}</optgroup>'
        f'<optgroup label="All">{every}</optgroup></select></label></p>\n'
        '<div class="wide" tabindex="0" role="region" aria-label="Attention of one head">'
        f'<table class="heat"><caption></caption><thead><tr><td></td>{columns}</tr></thead>'
        f'<tbody></tbody></table></div><script type="application/json">{stored}</script></div>\n'
    )


def _scale(most: float) -> str:
    steps = "".join(f'<span class="h{step}"></span>' for step in range(_HEAT_STEPS + 1))
    return (
        f'<ul class="legend"><li>0 %</li><li class="scale" aria-hidden="true">{steps}</li>'
        f"<li>{figure(most, most)} % of the attention</li></ul>\n"
    )


def _heat_table(
    rows: Sequence[str],
    columns: Sequence[str],
    weights: Weights,
    *,
    caption: str,
    hit: bool = False,
    hits: Sequence[bool] = (),
) -> str:
    most = float(weights.max(initial=0.0))
    head = "".join(f'<th scope="col">{_safe(column)}</th>' for column in columns)
    body = []
    for number, (row, values) in enumerate(zip(rows, weights, strict=True)):
        marked = ' class="hit"' if hit or (hits and hits[number]) else ""
        cells = "".join(
            f'<td class="h{heat_level(float(value), most)}">{figure(float(value), most)}</td>'
            for value in values
        )
        body.append(f'<tr><th scope="row"{marked}>{_safe(row)}</th>{cells}</tr>\n')
    return (
        f'<div class="wide" tabindex="0" role="region" aria-label="{caption}">'
        f'<table class="heat"><caption>{caption}</caption><thead><tr><td></td>{head}</tr></thead>'
        f"<tbody>\n{''.join(body)}</tbody></table></div>\n"
    )
