"""An explanation as one picture, for a ticket or a slide: drawn with Pillow.

Less than the page: the answer in its passage, the words that moved the score, and one heat
map. Pillow is an extra (`pip install frontdesk[pictures]`): nothing else needs it.
"""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Any

from qa.errors import AnsweringError
from qa.explaining.explain import Explanation, View, Weights
from qa.explaining.page import figure, heat_level, influence_level, percent
from qa.explaining.words import Part, Word

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont

__all__ = ["check_available", "picture"]

_WIDTH = 1400
_EDGE = 48
_INK, _SOFT, _PAPER, _CARD = "#16202b", "#51606f", "#ffffff", "#f4f7fa"
# ColorBrewer's Blues and Oranges (Brewer and Harrower, Apache 2.0), as on the page.
_HEAT = (
    *("#f7fbff", "#deebf7", "#c6dbef", "#9ecae1", "#6baed6"),
    *("#4292c6", "#2171b5", "#08519c", "#08306b"),
)
_FOR = ("#ffffff", "#dbe9f6", "#b0d0ea", "#6baed6", "#2171b5")
_AGAINST = ("#ffffff", "#fdebd8", "#fdc998", "#fd9f4f", "#b8460a")
_MARK = "#ffe58f"
_FONT = "DejaVuSans.ttf"
_CELL_WIDTH, _CELL_HEIGHT = 76, 34
_MAX_COLUMNS, _MAX_ROWS = 14, 30
_MAX_WORDS = 260


def check_available() -> None:
    """Tell whether a picture can be drawn.

    Raises:
        AnsweringError: Pillow isn't installed.
    """
    try:
        import PIL.ImageFont  # noqa: F401
    except ImportError as error:
        msg = (
            "A picture needs Pillow, which isn't installed. Install it with "
            "pip install 'frontdesk[pictures]', or write a page: --out FILE.html."
        )
        raise AnsweringError(msg) from error


def picture(explanation: Explanation) -> bytes:
    """Return a PNG of an explanation.

    Args:
        explanation: From `explain`.

    Raises:
        AnsweringError: Pillow isn't installed.
    """
    check_available()
    from PIL import Image, ImageDraw

    # Drawn twice: once to learn how tall it is.
    height = 10
    for _ in range(2):
        image = Image.new("RGB", (_WIDTH, height), _PAPER)
        height = _Sheet(ImageDraw.Draw(image)).draw(explanation)
    out = BytesIO()
    image.save(out, format="PNG", optimize=True)
    return out.getvalue()


def _font(size: int) -> FreeTypeFont | Any:
    from PIL import ImageFont

    try:
        # Knows many scripts, and most systems have it.
        return ImageFont.truetype(_FONT, size)
    except OSError:
        return ImageFont.load_default(size)


class _Sheet:
    """Draws from top to bottom.

    Attributes:
        y: Where the next thing goes.
    """

    def __init__(self, draw: ImageDraw) -> None:
        self.y = float(_EDGE)
        self._draw = draw
        self._title, self._plain, self._small = _font(34), _font(22), _font(17)

    def draw(self, explanation: Explanation) -> int:
        """Draw all of it and return the height in pixels."""
        answer, refusal = explanation.answer, explanation.refusal
        self._text(explanation.question or "(an empty question)", self._title)
        self._gap(10)
        if refusal is not None:
            self._text(f"Refused. {refusal.message}", self._plain)
        if answer is not None:
            said = "Answered" if refusal is None else "Best candidate, not given as an answer"
            self._text(f"{said}, {percent(answer.confidence)} sure: “{answer.text}”", self._plain)
            self._text(
                f"{answer.title} · {answer.article_id}, characters {answer.start} to {answer.end}",
                self._small,
                _SOFT,
            )
        for view in explanation.views:
            self._view(view)
        return int(self.y) + _EDGE

    def _view(self, view: View) -> None:
        name = view.reader.partition("@")[0]
        self._gap(24)
        self._text(f"What the reader “{name}” went by", self._plain)
        self._text(
            "Blue words held the answer up (without them its score falls), orange spoke against "
            "it; the answer is underlined.",
            self._small,
            _SOFT,
        )
        for part in Part:
            self._coloured(view, part)
        asked = view.sight.part(Part.QUESTION)
        if view.flow is not None:
            said = {view.sight.words[place] for place in view.sight.answer}
            self._heat(
                "Attention from the passage to the question, in percent of each row",
                view.flow.rows,
                asked,
                view.flow.to_question,
                said,
            )
        if view.heads is not None:
            self._heat(
                "Attention from the answer to the question, mean of all heads, in percent",
                view.heads.answer,
                asked,
                view.heads.mean,
                set(view.heads.answer),
            )

    def _coloured(self, view: View, part: Part) -> None:
        """Write words with the colour of their effect."""
        words = view.sight.words
        most = max((abs(effect) for effect in view.effects if effect is not None), default=0.0)
        # Around the answer, where a passage is long.
        first = max(0, (view.sight.answer[0] if view.sight.answer else 0) - _MAX_WORDS // 2)
        chosen = [
            place
            for place, word in enumerate(words)
            if word.part is part
            and (part is not Part.PASSAGE or first <= place < first + _MAX_WORDS)
        ]
        if not chosen:
            return
        self._gap(8)
        x, line = float(_EDGE), 36
        last: Word | None = None
        for place in chosen:
            word = words[place]
            text = _shown(word.text, 60)
            width = self._draw.textlength(text, self._plain)
            if last is not None and word.start > last.end:
                x += 7
            if x + width > _WIDTH - _EDGE:
                x, self.y = float(_EDGE), self.y + line
            level = influence_level(view.effects[place], most)
            fill = _FOR[level] if level >= 0 else _AGAINST[-level]
            box = (x - 1, self.y, x + width + 1, self.y + line - 6)
            self._draw.rectangle(box, fill=fill)
            ink = "#ffffff" if abs(level) == len(_FOR) - 1 else _INK
            self._draw.text((x, self.y + 2), text, fill=ink, font=self._plain)
            if place in view.sight.answer:
                self._draw.line((x, self.y + line - 4, x + width, self.y + line - 4), _INK, 3)
            x += width
            last = word
        self.y += line

    def _heat(
        self,
        caption: str,
        rows: Sequence[Word],
        columns: Sequence[Word],
        weights: Weights,
        marked: set[Word],
    ) -> None:
        self._gap(20)
        self._text(caption, self._small, _SOFT)
        rows, columns = rows[:_MAX_ROWS], columns[:_MAX_COLUMNS]
        most = float(weights.max(initial=0.0))
        left = _EDGE + 240
        for j, column in enumerate(columns):
            self._centred(left + j * _CELL_WIDTH, self.y, _shown(column.text, 8), _INK)
        self.y += _CELL_HEIGHT
        for i, row in enumerate(rows):
            if row in marked:
                self._draw.rectangle(
                    (_EDGE, self.y, left - 2, self.y + _CELL_HEIGHT - 2), fill=_MARK
                )
            name = _shown(row.text, 22)
            self._draw.text((_EDGE + 6, self.y + 6), name, fill=_INK, font=self._small)
            for j in range(len(columns)):
                weight = float(weights[i, j])
                level = heat_level(weight, most)
                x = left + j * _CELL_WIDTH
                box = (x, self.y, x + _CELL_WIDTH - 2, self.y + _CELL_HEIGHT - 2)
                self._draw.rectangle(box, fill=_HEAT[level])
                # The three strongest steps are too dark for dark ink.
                ink = "#ffffff" if level > 5 else _INK
                self._centred(x, self.y, figure(weight, most), ink)
            self.y += _CELL_HEIGHT

    def _centred(self, x: float, y: float, text: str, ink: str) -> None:
        width = self._draw.textlength(text, self._small)
        place = (x + (_CELL_WIDTH - 2 - width) / 2, y + 6)
        self._draw.text(place, text, fill=ink, font=self._small)

    def _text(self, text: str, font: Any, ink: str = _INK) -> None:
        """Write lines, broken between words."""
        line_height = font.size * 1.45
        line = ""
        for word in [*_shown(text, 2000).split(), None]:
            longer = f"{line} {word}".strip() if word is not None else line
            if word is None or self._draw.textlength(longer, font) > _WIDTH - 2 * _EDGE:
                if line:
                    self._draw.text((_EDGE, self.y), line, fill=ink, font=font)
                    self.y += line_height
                line = "" if word is None else self._narrow(word, font)
            else:
                line = longer

    def _narrow(self, word: str, font: Any) -> str:
        """Cut a word that is wider than the sheet."""
        width = self._draw.textlength(word, font)
        room = _WIDTH - 2 * _EDGE
        # By the mean width of its letters, and a little less: they differ.
        return word if width <= room else _fitted(word, int(0.8 * len(word) * room / width))

    def _gap(self, pixels: int) -> None:
        self.y += pixels


def _shown(text: str, most: int) -> str:
    """Return what fonts can draw, cut after so many characters."""
    clean = "".join(sign if sign.isprintable() else " " for sign in text)
    return _fitted(clean, most)


def _fitted(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
