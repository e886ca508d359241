"""Make questions that their passage doesn't answer, out of questions that it does.

SQuAD 2.0's own are written by people to look answerable. These are imitations of five
kinds, each cheap and each teaching something else; about one in twenty is still
answerable, which training tolerates:

- `swapped`: a name, year, number or month of the question is replaced by another of the
  same coarse kind from the same article that this passage doesn't mention;
- `reworded`: a plain word that question and passage share is replaced by another word of
  the article with the same ending;
- `negated`: the question is negated, or a word becomes its opposite;
- `removed`: the sentence with the answer is taken out of the passage;
- `ranked_same`, `ranked_other`: a passage of the same or of another article that BM25
  ranks high for the question and that doesn't hold the answer's text: the mistakes that
  a reader behind a retriever meets. They share a `group` with the question that they are of.

Everything is drawn from one seed.
"""

from __future__ import annotations

import calendar
import random
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from qa.errors import TrainingError
from qa.types import Example
from retrieval.search.analysis import Analyser
from retrieval.search.bm25 import LexicalIndex, lexical_index
from retrieval.search.term_counts import TermCounts

__all__ = ["KINDS", "Negative", "make_negatives"]


@dataclass(frozen=True)
class Negative:
    """A question and a passage that doesn't answer it.

    Attributes:
        example: Without answers.
        kind: One of `KINDS`.
        focus: Code point of the context that a window should show: where the original
            question's answer stands, which is what the reader may be tempted by.
    """

    example: Example
    kind: str
    focus: int


_MONTHS = frozenset(calendar.month_name[1:])
_DAYS = frozenset(calendar.day_name)
_YEAR = re.compile(r"\b(?:1\d{3}|20[0-2]\d)s?\b")
_NUMBER = re.compile(r"(?<![\w.,])\d[\d,.]*\d|(?<![\w.,])\d(?![\w.,])")
_NAME = re.compile(
    r"(?<=[a-z,;:] )[A-Z][\w’'-]+(?: (?:of |the |and |de |von )?[A-Z][\w’'-]+){0,4}", re.UNICODE
)
_PLACE_WORDS = frozenset({"in", "at", "from", "near", "to", "of", "into", "across"})
_WORD = re.compile(r"(?<![\w-])[a-z]{4,}(?![\w-])")
_ENDINGS = ("tions", "tion", "ment", "ity", "ing", "ers", "ed", "er", "ly", "ies", "al", "ic", "s")
# Words that carry too little to make a question unanswerable when they change.
_PLAIN_WORDS = """
what when where which whom whose this that these those with from into have been were does
many much name called type kind about after before during between their they them there than
then some such also most more other year years time used known first last long there would
could should will your only over under while because being both each very same part one two
three four five people person
"""
_PLAIN = frozenset(_PLAIN_WORDS.split())
_SENTENCE_END = re.compile(r"(?<=[.!?])[\"”')]*\s+(?=[\"“'(]?[A-Z0-9])")

_OPPOSITE_PAIRS = """
first/last earliest/latest before/after increase/decrease increased/decreased
increases/decreases increasing/decreasing largest/smallest larger/smaller biggest/smallest
most/least more/less more/fewer highest/lowest higher/lower high/low north/south
northern/southern east/west eastern/western northeast/southwest northwest/southeast early/late
earlier/later male/female men/women man/woman win/lose won/lost winning/losing start/end
started/ended starting/ending begin/end began/ended beginning/end above/below old/new
older/newer oldest/newest older/younger oldest/youngest with/without positive/negative
long/short longest/shortest longer/shorter top/bottom majority/minority maximum/minimum
upper/lower inside/outside internal/external public/private rich/poor allow/prohibit
allowed/prohibited allows/prohibits accept/reject accepted/rejected support/oppose
supported/opposed supports/opposes gain/lose gained/lost open/close opened/closed
opening/closing buy/sell bought/sold import/export imported/exported imports/exports
import/export urban/rural strong/weak stronger/weaker strongest/weakest hot/cold hottest/coldest
warm/cool fast/slow faster/slower fastest/slowest father/mother son/daughter brother/sister
king/queen husband/wife success/failure successful/unsuccessful legal/illegal common/rare
best/worst better/worse good/bad add/remove added/removed include/exclude included/excluded
includes/excludes create/destroy created/destroyed ancient/modern major/minor primary/secondary
formal/informal direct/indirect light/dark left/right summer/winter day/night ally/enemy
allies/enemies attack/defend attacked/defended rise/fall rose/fell arrive/leave arrived/left
join/leave joined/left agree/disagree agreed/disagreed appear/disappear appeared/disappeared
dependent/independent regular/irregular popular/unpopular possible/impossible always/never
likely/unlikely effective/ineffective maximum/minimum introduce/abolish introduced/abolished
gave/received gives/receives young/old
"""
_AUXILIARY = re.compile(
    r"\b(is|are|was|were|did|does|do|has|have|had|can|could|would|should|will)\b", re.IGNORECASE
)
_CONTRACTED = {"can": "can't", "will": "won't"}


def _opposites() -> dict[str, tuple[str, ...]]:
    """Return each word's opposites, read in both directions."""
    opposites: dict[str, tuple[str, ...]] = {}
    for pair in _OPPOSITE_PAIRS.split():
        left, right = pair.split("/")
        opposites[left] = (*opposites.get(left, ()), right)
        opposites[right] = (*opposites.get(right, ()), left)
    return opposites


_OPPOSITES = _opposites()


def make_negatives(
    examples: Sequence[Example], n: int, *, kinds: Mapping[str, float], seed: int
) -> list[Negative]:
    """Make about `n` negatives, shared out over the kinds.

    Args:
        examples: Answerable questions with their titles; others are passed over.
        n: How many; fewer come back where a kind finds too few fitting questions.
        kinds: Kind → relative share.
        seed: Same seed, same negatives.

    Returns:
        In random order. Ids are the original's with the kind and a number appended.

    Raises:
        TrainingError: An unknown kind, or shares that aren't positive in sum.
    """
    unknown = kinds.keys() - KINDS.keys()
    if unknown or (n > 0 and (sum(kinds.values()) <= 0 or min(kinds.values()) < 0)):
        msg = (
            f"Can't make negatives of the kinds {dict(kinds)!r}. Expected shares of 0 or more, one "
            f"of them positive, of {', '.join(KINDS)}."
        )
        raise TrainingError(msg)
    answerable = [example for example in examples if example.answers]
    if n <= 0 or not answerable:
        return []
    rng = random.Random(seed)  # noqa: S311  (nothing secret is drawn)
    corpus = _Corpus(answerable)
    total = sum(kinds.values())
    negatives: list[Negative] = []
    for kind in KINDS:  # a fixed order, whatever the mapping's
        wanted = round(n * kinds.get(kind, 0.0) / total)
        order = list(range(len(answerable)))
        rng.shuffle(order)
        made = 0
        for index in order:
            if made >= wanted:
                break
            negative = KINDS[kind](answerable[index], corpus, rng)
            if negative is not None:
                made += 1
                identifier = f"{answerable[index].id}~{kind}{made}"
                negatives.append(
                    replace(negative, example=replace(negative.example, id=identifier))
                )
    rng.shuffle(negatives)
    return negatives


class _Corpus:
    """What the kinds draw from: passages, and what each article names and says."""

    def __init__(self, examples: Sequence[Example]) -> None:
        titles: dict[str, str] = {}
        for example in examples:
            titles.setdefault(example.context, example.title)
        self.contexts = list(titles)
        self.folded = [context.casefold() for context in self.contexts]
        self.title_numbers: dict[str, int] = {}
        self.article_of = np.array(
            [
                self.title_numbers.setdefault(title, len(self.title_numbers))
                for title in titles.values()
            ],
            dtype=np.int64,
        )
        self.mentions: dict[str, dict[str, list[str]]] = {}
        self.words: dict[str, dict[str, list[str]]] = {}
        by_title: dict[str, list[str]] = defaultdict(list)
        for context, title in titles.items():
            by_title[title].append(context)
        for title, contexts in by_title.items():
            self.mentions[title] = _grouped(contexts)
            counts = Counter(word for context in contexts for word in _WORD.findall(context))
            words: dict[str, list[str]] = defaultdict(list)
            for word, count in counts.items():
                if count >= 2 and word not in _PLAIN and len(word) >= 5:
                    words[_ending(word)].append(word)
            self.words[title] = words
        self._analyser = Analyser()
        self._index: LexicalIndex | None = None

    def scores(self, question: str) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
        """Return BM25's score of every passage for a question, (passages,)."""
        if self._index is None:
            self._index = lexical_index(
                TermCounts.from_term_lists([self._analyser.terms(each) for each in self.contexts])
            )
        return self._index.scores(dict.fromkeys(self._analyser.terms(question), 1.0), None)


def _grouped(contexts: Sequence[str]) -> dict[str, list[str]]:
    """Collect an article's mentions by coarse kind, each once, in order."""
    groups: dict[str, dict[str, None]] = defaultdict(dict)
    for context in contexts:
        for start, end, kind in _mentions(context):
            groups[kind][context[start:end]] = None
    return {kind: list(mentions) for kind, mentions in groups.items()}


def _mentions(text: str) -> list[tuple[int, int, str]]:
    """Return `(start, end, coarse kind)` of the names, years and numbers of a text."""
    found = [(match.start(), match.end(), "year") for match in _YEAR.finditer(text)]
    years = {start for start, _, _ in found}
    found += [
        (match.start(), match.end(), "number")
        for match in _NUMBER.finditer(text)
        if match.start() not in years
    ]
    for match in _NAME.finditer(text):
        name = match.group()
        if name in _MONTHS:
            kind = "month"
        elif name in _DAYS:
            kind = "day"
        else:
            before = text[: match.start()].rsplit(None, 1)[-1]
            role = "place" if before in _PLACE_WORDS else "other"
            kind = f"name/{role}/{min(name.count(' ') + 1, 2)}"
        found.append((match.start(), match.end(), kind))
    return found


def _ending(word: str) -> str:
    return next((ending for ending in _ENDINGS if word.endswith(ending)), "")


def _asked(example: Example, question: str, kind: str) -> Negative:
    """Return the example with another question and no answers."""
    return Negative(
        replace(example, question=question, answers=()), kind=kind, focus=example.answers[0][1]
    )


def _swapped(example: Example, corpus: _Corpus, rng: random.Random) -> Negative | None:
    question = example.question
    mentions = _mentions(question)
    rng.shuffle(mentions)
    here, asked = example.context.casefold(), question.casefold()
    for start, end, kind in mentions:
        pool = corpus.mentions[example.title].get(kind, [])
        others = [
            other
            for other in pool
            if other.casefold() not in here
            and other.casefold() not in asked
            and question[start:end].casefold() not in other.casefold()
        ]
        if others:
            return _asked(
                example, question[:start] + rng.choice(others) + question[end:], "swapped"
            )
    return None


def _reworded(example: Example, corpus: _Corpus, rng: random.Random) -> Negative | None:
    question, here = example.question, example.context.casefold()
    shared = [
        match
        for match in _WORD.finditer(question)
        if match.group() not in _PLAIN and len(match.group()) >= 5 and match.group() in here
    ]
    rng.shuffle(shared)
    for match in shared:
        pool = corpus.words[example.title].get(_ending(match.group()), [])
        others = [word for word in pool if word not in here and word[:4] != match.group()[:4]]
        if others:
            changed = question[: match.start()] + rng.choice(others) + question[match.end() :]
            return _asked(example, changed, "reworded")
    return None


def _negated(example: Example, _corpus: _Corpus, rng: random.Random) -> Negative | None:
    question = example.question
    opposites = [
        match for match in re.finditer(r"[A-Za-z]+", question) if match.group() in _OPPOSITES
    ]
    if opposites and rng.random() < 0.75:
        match = rng.choice(opposites)
        changed = rng.choice(_OPPOSITES[match.group()])
        return _asked(
            example, question[: match.start()] + changed + question[match.end() :], "negated"
        )
    auxiliary = _AUXILIARY.search(question)
    # A negated question is rarer than one with an opposite: take one in four.
    if auxiliary is None or rng.random() > 0.25:
        return None
    word = auxiliary.group()
    if rng.random() < 0.5:
        changed = _CONTRACTED.get(word.lower(), word + "n't")
    else:
        changed = rng.choice((f"{word} not", f"{word} never"))
    return _asked(
        example, question[: auxiliary.start()] + changed + question[auxiliary.end() :], "negated"
    )


def _removed(example: Example, _corpus: _Corpus, _rng: random.Random) -> Negative | None:
    text, (answer, start) = example.context, example.answers[0]
    bounds = [0, *(match.end() for match in _SENTENCE_END.finditer(text)), len(text)]
    for left, right in pairwise(bounds):
        if left <= start < right:
            rest = (text[:left] + text[right:]).rstrip()
            if len(rest) < 200 or answer.casefold() in rest.casefold():
                return None
            # Where the answer was is where the reader should look and find nothing.
            return Negative(
                replace(example, context=rest, answers=()),
                kind="removed",
                focus=min(left, len(rest) - 1),
            )
    return None


def _ranked(kind: str, *, same_article: bool) -> Callable[..., Negative | None]:
    def make(example: Example, corpus: _Corpus, rng: random.Random) -> Negative | None:
        scores = corpus.scores(example.question)
        own = corpus.article_of == corpus.title_numbers[example.title]
        scores = np.where(own if same_article else ~own, scores, 0.0)
        n_best = min(8, len(scores))
        best = np.argpartition(-scores, n_best - 1)[:n_best]
        best = best[np.lexsort((best, -scores[best]))]
        answer = example.answers[0][0].casefold()
        others = [
            int(index)
            for index in best
            if scores[index] > 0
            and corpus.contexts[index] != example.context
            and answer not in corpus.folded[index]
        ][:3]
        if not others:
            return None
        context = corpus.contexts[rng.choice(others)]
        return Negative(
            replace(example, context=context, answers=(), group=example.group or example.id),
            kind=kind,
            focus=rng.randrange(len(context)),
        )

    return make


KINDS: dict[str, Callable[[Example, _Corpus, random.Random], Negative | None]] = {
    "swapped": _swapped,
    "reworded": _reworded,
    "negated": _negated,
    "removed": _removed,
    "ranked_same": _ranked("ranked_same", same_article=True),
    "ranked_other": _ranked("ranked_other", same_article=False),
}
"""Kind → how one question becomes a negative, or None where it doesn't fit."""
