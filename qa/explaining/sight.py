"""What a reader saw of an answer: its window, in words, and which words moved the score.

What counts is found by taking words away, one at a time, and reading again: the answer's
margin (its span score over the reader's "no answer") falls by what the word was worth. That
is the reader's own verdict, where attention shows only where it looked.

Sources: Li, Monroe and Jurafsky, "Understanding neural networks through representation
erasure" (arXiv 1612.08220), section 3; on attention as no proof of cause, Jain and Wallace,
"Attention is not explanation" (2019).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from qa.errors import ReaderError
from qa.explaining.words import Part, Word, words_of
from qa.reading.candidates import trim_span
from qa.reading.span_reader import SpanReader, lead
from qa.reading.windows import MAX_QUESTION_TOKENS, Window
from qa.types import Candidate

__all__ = ["MAX_TESTED", "Sight", "influences", "look", "nearby", "strongest"]

MAX_TESTED = 200
"""Words that are taken away in turn: the question's, then those nearest to the answer."""

# A quote is trimmed by a few signs at most; its tokens stand so near around it.
_EDGE_TOKENS = 6


@dataclass(frozen=True)
class Sight:
    """The window that an answer stands in.

    Attributes:
        window: What the reader was given.
        first: Place of the answer's first token.
        last: Of its last, inclusive.
        words: Of question, title and headings, and passage, in this order.
        answer: Places in `words` of the answer's words.
        margin: Score of the span over the window's own "no answer".
    """

    window: Window
    first: int
    last: int
    words: tuple[Word, ...]
    answer: tuple[int, ...]
    margin: float

    def part(self, part: Part) -> tuple[Word, ...]:
        """Return the words of one part."""
        return tuple(word for word in self.words if word.part is part)


def look(reader: SpanReader, question: str, candidate: Candidate) -> Sight:
    """Find the window and the tokens that a reader sees an answer in.

    Not while others read with the same attention-flow reader: it numbers words as they come.

    Args:
        reader: Needs not be the one that proposed the answer.
        question: As asked.
        candidate: The answer.

    Raises:
        ReaderError: The reader's tokens don't hold it.
    """
    passage = candidate.passage
    windows = reader.windows(question, [passage])
    start, end = candidate.start - passage.start, candidate.end - passage.start
    found: tuple[float, int, int, int] | None = None
    logits = reader.scores(windows[0]) if windows else []
    for number, (starts, ends) in enumerate(logits):
        for first, last in _spans(windows[0][number], passage.text, start, end):
            score = float(starts[first] + ends[last])
            if found is None or score > found[0]:
                found = (score, number, first, last)
    if found is None:
        msg = (
            f"The reader {reader.id!r} has no tokens for {candidate.text!r} under the question "
            f"{question!r}, so it can't be shown what it saw. Ask in words, and explain the "
            "answer with the reader that gave it."
        )
        raise ReaderError(msg)
    score, number, first, last = found
    window = windows[0][number]
    starts, ends = logits[number]
    words = _words(reader, question, candidate, window, is_first=number == 0)
    return Sight(
        window=window,
        first=first,
        last=last,
        words=words,
        answer=tuple(
            place
            for place, word in enumerate(words)
            if word.part is Part.PASSAGE and word.start < end and start < word.end
        ),
        margin=score - float(starts[0] + ends[0]),
    )


def influences(reader: SpanReader, sight: Sight) -> tuple[float | None, ...]:
    """Return by how much the answer's margin falls without each word.

    A word is left out of the text. The answer's own words must keep their places, so the
    model's own sign for "a word that isn't shown" stands in for them; elsewhere that sign
    would count by itself, since a reader meets it in no question.

    Args:
        reader: The one that the sight is of.
        sight: From `look`.

    Returns:
        One for each of `sight.words`: above 0 it spoke for the answer, below 0 against it;
        None for words too far away to be tested (`MAX_TESTED`).
    """
    hidden = _hidden_id(reader)
    tested = _tested(sight)
    windows, shifts = [], []
    for place in tested:
        tokens = sight.words[place].tokens
        if place in sight.answer:
            ids = [hidden if n in tokens else i for n, i in enumerate(sight.window.input_ids)]
            windows.append(replace(sight.window, input_ids=ids))
            shifts.append(0)
        else:
            windows.append(_without(sight.window, tokens))
            shifts.append(sum(token < sight.first for token in tokens))
    effects: list[float | None] = [None] * len(sight.words)
    for place, shift, (starts, ends) in zip(tested, shifts, reader.scores(windows), strict=True):
        margin = starts[sight.first - shift] + ends[sight.last - shift] - starts[0] - ends[0]
        effects[place] = sight.margin - float(margin)
    return tuple(effects)


def _without(window: Window, tokens: Sequence[int]) -> Window:
    """Leave tokens out of a window."""
    kept = [place for place in range(len(window)) if place not in tokens]
    return Window(
        input_ids=[window.input_ids[place] for place in kept],
        type_ids=[window.type_ids[place] for place in kept],
        offsets=[window.offsets[place] for place in kept],
        passage_start=window.passage_start - sum(t < window.passage_start for t in tokens),
        passage_end=window.passage_end - sum(t < window.passage_end for t in tokens),
        starts_here=[window.starts_here[place] for place in kept],
    )


def _tested(sight: Sight) -> list[int]:
    """Choose the words to take away."""
    middle = sum(sight.answer) / len(sight.answer) if sight.answer else 0.0

    def far(place: int) -> tuple[bool, float]:
        return sight.words[place].part is not Part.QUESTION, abs(place - middle)

    return sorted(sorted(range(len(sight.words)), key=far)[:MAX_TESTED])


def _hidden_id(reader: SpanReader) -> int:
    for sign in ("[MASK]", "[UNK]"):
        number = reader.tokenizer.token_to_id(sign)
        if number is not None:
            return number
    msg = (
        f"The tokenizer of {reader.id!r} has neither [MASK] nor [UNK], so no word can be hidden "
        "from it. Expected a vocabulary of BERT's kind."
    )
    raise ReaderError(msg)


def _spans(window: Window, text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Return the spans of tokens that are quoted as `text[start:end]`."""
    places = range(window.passage_start, window.passage_end)
    offsets = window.offsets
    inside = [p for p in places if offsets[p][0] < end and start < offsets[p][1]]
    if not inside:
        return []
    firsts = [p for p in places if inside[0] - _EDGE_TOKENS <= p <= inside[0]]
    lasts = [p for p in places if inside[-1] <= p <= inside[-1] + _EDGE_TOKENS]
    # Title and headings have no place in the passage.
    spans = [
        (i, j)
        for i in firsts
        for j in lasts
        if offsets[i] != (0, 0) and trim_span(text, offsets[i][0], offsets[j][1]) == (start, end)
    ]
    return spans or [(inside[0], inside[-1])]


def _words(
    reader: SpanReader, question: str, candidate: Candidate, window: Window, *, is_first: bool
) -> tuple[Word, ...]:
    encode = reader.tokenizer.encode
    asked = encode(question, add_special_tokens=False).offsets[:MAX_QUESTION_TOKENS]
    words = words_of(question, asked, part=Part.QUESTION, first_place=1)
    inside = window.offsets[window.passage_start : window.passage_end]
    n_lead = next((n for n, place in enumerate(inside) if place != (0, 0)), len(inside))
    above = lead(candidate.passage)
    of_lead = encode(above, add_special_tokens=False).offsets
    of_lead = of_lead[:n_lead] if is_first else of_lead[len(of_lead) - n_lead :]
    words += words_of(above, of_lead, part=Part.HEADING, first_place=window.passage_start)
    words += words_of(
        candidate.passage.text,
        inside[n_lead:],
        part=Part.PASSAGE,
        first_place=window.passage_start + n_lead,
    )
    return tuple(words)


def strongest(
    words: Sequence[Word], effects: Sequence[float | None], n: int
) -> list[tuple[Word, float]]:
    """Return the words that moved the score most, strongest first."""
    moved = [(w, e) for w, e in zip(words, effects, strict=True) if e is not None]
    return sorted(moved, key=lambda pair: -abs(pair[1]))[:n]


def nearby(sight: Sight, n: int) -> tuple[Word, ...]:
    """Return the words of the passage around the answer, `n` on either side at most."""
    if not sight.answer:
        return sight.part(Part.PASSAGE)[: 2 * n]
    low, high = sight.answer[0] - n, sight.answer[-1] + n
    return tuple(
        word
        for place, word in enumerate(sight.words)
        if word.part is Part.PASSAGE and low <= place <= high
    )
