"""Everyday English words: a text that holds enough of them is English, whatever else it holds."""

from __future__ import annotations

__all__ = ["COMMON_ENGLISH"]

COMMON_ENGLISH = frozenset(
    word
    for line in (
        "the and you that with they this have from but what when your can said there each",
        "which she how their if other many them these would make like him more write go",
        "number way could people been now long down did get i'm i've i'd i'll don't can't",
        "didn't doesn't isn't aren't won't couldn't what's where's how's who's it's that's",
        "there's let's you're we're they're you've haven't hasn't wasn't weren't shouldn't",
        "wouldn't where why does whom whose while should might because until between through",
        "before after here both few most only too very just being having doing our ours yours",
        "hers theirs myself yourself please thanks thank hello hi hey yes yeah ok okay sorry",
        "good great new old help need know tell show give take work working wrong right",
        "change open close turn pay buy check cancel reset update card money phone office",
        "holiday leave sick day week month year today tomorrow yesterday much still ever",
        "never something anything nothing someone anyone everything lost stolen broken book",
        "flight food song music weather timer english",
    )
    for word in line.split()
)
"""Words that are frequent in English and rare elsewhere: not `is`, `on`, `no` or `come`."""
