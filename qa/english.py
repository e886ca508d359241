"""Everyday English words: a text that holds some is English, whatever else it holds."""

from __future__ import annotations

__all__ = ["COMMON_ENGLISH"]

COMMON_ENGLISH = frozenset(
    """
    the of and to is you that it was for on are as with his they at be this have from or had by
    but not what all were we when your can said there use an each which she do how their if will up
    other about out many then them these so some her would make like him into time has look two
    more write go see number no way could people my than first been call who its now find long down
    did get made may part i'm i've i'd i'll i don't can't didn't doesn't isn't aren't won't couldn't
    what's where's how's who's it's that's there's let's you're we're they're you've haven't hasn't
    wasn't weren't shouldn't wouldn't
    where why does whom whose while should must might because until between through before after
    again under over here any both few most only own same too very just also am being having doing
    our ours us me mine yours he she hers theirs myself yourself
    please thanks thank hello hi hey yes yeah ok okay sure sorry good great bad new old help need
    want know tell show give take come work works working wrong right change set open close turn off
    start stop send pay buy order check cancel reset update password account card money bank bill
    phone email mail office holiday leave sick day week month year today tomorrow yesterday much
    still again ever never something anything nothing someone anyone everything lost stolen broken
    book room flight car food song music weather alarm timer list name word english
    """.split()
)
"""Words that are frequent in English and, most of them, rare or absent elsewhere."""
