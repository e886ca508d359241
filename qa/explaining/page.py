"""An explanation as one HTML page that needs nothing else and trusts no text.

Articles and questions are written by others: the template escapes every text, the page may load
nothing, and of scripts only our own runs, by its hash.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Sequence
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np

from qa.explaining.explain import Explanation, Flow, Heads, View
from qa.explaining.sight import MAX_TESTED, strongest
from qa.explaining.words import Part, Word

if TYPE_CHECKING:
    from jinja2 import Template

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
_TITLES = {
    Part.QUESTION: "The question",
    Part.HEADING: "Title and headings",
    Part.PASSAGE: "The passage",
}
_WHERE = {Part.QUESTION: "question", Part.HEADING: "title", Part.PASSAGE: "passage"}


def page(explanation: Explanation) -> str:
    """Return the page.

    Args:
        explanation: From `explain`.
    """
    from markupsafe import Markup

    script = _shipped("page.js")
    allowed = base64.b64encode(sha256(script.encode()).digest()).decode()
    answer, (start, end) = explanation.answer, explanation.place
    text = explanation.passage
    # As the readers saw it: what can't be encoded was replaced.
    asked = explanation.question.encode("utf-8", "replace").decode("utf-8")
    return _template().render(
        policy=f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{allowed}'",
        # Our own, and nothing of anyone's text in them.
        style=Markup(_shipped("page.css")),  # noqa: S704
        script=Markup(script),  # noqa: S704
        question=explanation.question,
        answer=answer,
        refusal=explanation.refusal,
        path=() if answer is None else dict.fromkeys((answer.title, *answer.headings)),
        link=answer.url
        if answer and (answer.url or "").startswith(("https://", "http://"))
        else "",
        passage=(text[:start], text[start:end], text[end:]),
        belief=explanation.belief,
        rivals=explanation.rivals,
        # Several readers: the first decides, the others were asked besides.
        views=[_view(view, asked, text) for view in explanation.views],
        most_tested=MAX_TESTED,
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


def _shipped(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


@cache
def _template() -> Template:
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, keep_trailing_newline=True, finalize=_safe
    )
    environment.globals |= {
        "figure": figure,
        "heat_level": heat_level,
        "peak": lambda rows: max((value for row in rows for value in row), default=0.0),
        "percent": percent,
    }
    return environment.from_string(_shipped("page.html"))


def _safe(value: Any) -> Any:
    """Take out of a text what a page may not hold; markup of our own stays as it is."""
    if isinstance(value, str) and not hasattr(value, "__html__"):
        return _UNSAFE.sub("\N{REPLACEMENT CHARACTER}", value)
    return value


def _view(view: View, question: str, passage: str) -> dict[str, Any]:
    """Return what the page shows of one reader."""
    most = max((abs(effect) for effect in view.effects if effect is not None), default=0.0)
    said = [view.sight.words[place] for place in view.sight.answer]
    texts = {Part.QUESTION: question, Part.HEADING: None, Part.PASSAGE: passage}
    effects = dict(zip(view.sight.words, view.effects, strict=True))
    parts = []
    for part, title in _TITLES.items():
        if words := view.sight.part(part):
            shown = [_coloured(effects[word], most) for word in words]
            framed = said if part is Part.PASSAGE else ()
            parts.append((title, list(_marked(words, shown, framed, texts[part]))))
    return {
        "name": view.reader.partition("@")[0],
        "margin": view.sight.margin,
        "most": most or 1.0,
        "parts": parts,
        "untested": None in view.effects,
        "strongest": [
            (word.text, _WHERE[word.part], effect)
            for word, effect in strongest(view.sight.words, view.effects, _STRONGEST)
        ],
        "asked": [word.text for word in view.sight.part(Part.QUESTION)],
        "flow": None if view.flow is None else _flow(view.flow, said, passage),
        "heads": None if view.heads is None else _heads(view.heads),
    }


def _coloured(effect: float | None, most: float) -> tuple[str, str]:
    level = influence_level(effect, most)
    colour = f" p{level}" if level > 0 else f" n{-level}" if level < 0 else ""
    return f"w{colour}", "not tested" if effect is None else f"{effect:+.2f}"


def _marked(
    words: Sequence[Word],
    shown: Sequence[tuple[str, str]],
    said: Sequence[Word],
    text: str | None,
) -> Iterator[dict[str, Any]]:
    """Yield words with what stands between them, their colours, and the answer's frame.

    Args:
        words: In order.
        shown: Classes of each, and what to say of it.
        said: The answer's words, one behind the other.
        text: What stands between them; None puts spaces there.
    """
    end = None
    for word, (classes, hint) in zip(words, shown, strict=True):
        apart = end is not None and word.start > end
        yield {
            "gap": "" if not apart else " " if text is None else text[end : word.start],
            "text": word.text,
            "classes": classes,
            "hint": hint,
            "opens": bool(said) and word == said[0],
            "closes": bool(said) and word == said[-1],
        }
        end = word.end


def _flow(flow: Flow, said: Sequence[Word], passage: str) -> dict[str, Any]:
    most = float(flow.to_passage.max(initial=0.0))
    shown = [(f"w h{heat_level(w, most)}", f"{100 * w:.1f} %") for w in flow.to_passage.tolist()]
    return {
        "rows": [word.text for word in flow.rows],
        "to_question": flow.to_question.tolist(),
        "marked": [number for number, word in enumerate(flow.rows) if word in said],
        "most": most,
        "passage": list(_marked(flow.passage, shown, said, passage)),
    }


def _heads(heads: Heads) -> dict[str, Any]:
    n_layers, n_heads = heads.weights.shape[:2]
    order = np.argsort(-heads.by_head, axis=None, kind="stable")[:_BEST_HEADS]
    answer = [word.text for word in heads.answer]
    return {
        "answer": answer,
        "layers": n_layers,
        "heads": n_heads,
        "layer_names": [f"layer {layer + 1}" for layer in range(n_layers)],
        "head_names": [f"head {head + 1}" for head in range(n_heads)],
        "head_numbers": [str(head + 1) for head in range(n_heads)],
        "mean": heads.mean.tolist(),
        "by_head": heads.by_head.tolist(),
        "by_layer": heads.weights.mean(axis=2).tolist(),
        "best": [divmod(int(number), n_heads) for number in order],
        # What the script draws one head from.
        "stored": {
            "answer": [_safe(word) for word in answer],
            "weights": np.round(heads.weights.astype(np.float64), 4).tolist(),
        },
    }
