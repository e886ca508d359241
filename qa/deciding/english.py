"""Everyday English words: a text that holds enough of them is English, whatever else it holds."""

from __future__ import annotations

__all__ = ["COMMON_ENGLISH", "SHORT_ENGLISH"]

COMMON_ENGLISH = frozenset(
    word
    for line in (
        "the and you that with they this have from but what when your can said there each",
        "which she how their if other many them these would make him more write go number way",
        "could people been now long down did get i'm i've i'd i'll don't can't didn't doesn't",
        "isn't aren't won't couldn't what's where's how's who's it's that's there's let's",
        "you're we're they're you've haven't hasn't wasn't weren't shouldn't wouldn't where",
        "why does whom whose while should might because until between through before after",
        "here both few most only too very just being having doing our ours yours hers theirs",
        "myself yourself please thanks thank hello hi hey yes yeah ok okay good great",
        "new old help need know tell show give take work working wrong right close turn pay",
        "buy check cancel reset update card money phone office holiday leave sick day week",
        "month year today tomorrow yesterday much ever never something anything nothing",
        "someone anyone everything lost stolen broken book flight food song music weather",
        "timer english getting going setting starting using trying looking making taking",
        "request requests report forgot forget run gather pick stay home kid paid fully price",
        "replacement upload download sign join move lose keep days weeks months years hours",
        "minutes employee employees needs allowed often late early another every without",
        "within travel trip meal screen keyboard building expenses expense receipt receipts",
        "support ask asked bring broke called choose done earn enough fix found given goes",
        "happens happen kept later left less let logging look lunch meant next paying",
        "required sent since sister daughter husband wife child children stopped switch third",
        "together told took used wear went year's yearly rather shared should've slow",
        "someone's teach than though try twice unable unless waiting walk warning weekly",
        "will's won worked worth would've wrote wants wanted",
    )
    for word in line.split()
)
"""Words that are frequent in English and rare elsewhere: not `is`, `on`, `no` or `come`."""

SHORT_ENGLISH = frozenset(
    word
    for line in (
        "a about all also am an any are as at be been by do else for had has he her his i in is it",
        "its me more my no not of off on or our out over see so some time to too up us use was we",
        "were who will",
    )
    for word in line.split()
)
"""Words that are English beside one of the above, and may be another language's without."""
