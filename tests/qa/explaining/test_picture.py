"""The picture of an explanation."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from typing import Any

import pytest
from PIL import Image, ImageFont

from qa.deciding.calibration import GENERIC
from qa.errors import AnsweringError
from qa.explaining.explain import Explanation, explain
from qa.explaining.picture import check_available, picture
from qa.openbook import OpenBook
from qa.reading.span_reader import SpanReader
from retrieval.types import Article, Passage

Make = Callable[..., Any]


@pytest.fixture
def explanation(
    fake_engine: Make, cut_passage: Callable[..., Passage], reader: SpanReader
) -> Explanation:
    article = Article("hours", "Hours", "The desk opens at 8:30 on weekdays.\n\tRoom 12. " * 20)
    engine = fake_engine([article], [cut_passage(article)])
    book = OpenBook(engine, reader, calibration=replace(GENERIC, threshold=1.0))
    return explain(book, "When does the desk open? " + "x" * 500)


def test_picture_shows_colours_of_both_maps(explanation: Explanation) -> None:
    image = Image.open(BytesIO(picture(explanation)))
    assert image.format == "PNG"
    assert image.width == 1400
    assert image.height > 500
    colours = {colour for _, colour in image.getcolors(1 << 20) or []}
    # The strongest step of the heat map, and of the words that spoke for the answer.
    assert {(0x08, 0x30, 0x6B), (0x21, 0x71, 0xB5)} <= colours
    # Nothing runs over the edge.
    right = image.crop((1400 - 20, 0, 1400, image.height)).getcolors()
    assert right == [(20 * image.height, (255, 255, 255))]


def test_picture_of_nothing_is_a_picture() -> None:
    nothing = Explanation("", None, None, "", (0, 0), None, (), ())
    assert Image.open(BytesIO(picture(nothing))).format == "PNG"


def test_picture_without_the_systems_font(
    explanation: Explanation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qa.explaining.picture._FONT", "no-such-font.ttf")
    assert Image.open(BytesIO(picture(explanation))).format == "PNG"
    assert ImageFont.load_default(20) is not None


def test_check_available_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PIL.ImageFont", None)
    with pytest.raises(AnsweringError, match=r"frontdesk\[pictures\].*--out FILE\.html"):
        check_available()
