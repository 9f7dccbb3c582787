"""From a text to tokens, by the rules of Onset's text classifier. Subwords need the package `tokenizers`, words nothing.

Of words: white space separates. Within a piece, letters and digits stay together, with an apostrophe or hyphen between two
of them (don't, re-use) and a full stop, comma, colon or slash between two digits (3.50, 24/7). The clitics of treebanks
('s, n't) and their brackets (-lrb-) are words. Every other character is a word of its own, together with its repeats.
"""

import functools
import re
import unicodedata
from pathlib import Path

# Unicode's White_Space, which is not quite what str.split takes for it.
SPACE = re.compile("[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+")
BRACKET = re.compile("-[lr][rsc]b-", re.ASCII | re.IGNORECASE)
CLITICS = {"s", "re", "ve", "ll", "d", "m", "t", "em", "n", "til"}
# Symbols that count as letters: letters in circles and squares.
LETTER_SYMBOLS = re.compile("[\u24b6-\u24e9\U0001f130-\U0001f149\U0001f150-\U0001f169\U0001f170-\U0001f189]")
# Joiners and skin tones.
JOINERS = re.compile("[\u200c\u200d\U0001f3fb-\U0001f3ff]")


def tokenize(text, tokens="words", lowercase=True):
    """The tokens of a text: its "words", its "subwords" or its "characters"."""
    for entity, character in [("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&#39;", "'"), ("&amp;", "&")]:
        text = text.replace(entity, character)
    split = split_characters if tokens == "characters" else split_words
    found = [token for piece in SPACE.split(text) if piece for token in split(piece)]
    if lowercase:
        found = [token.lower() for token in found]
    return [part for word in found for part in subwords_of(word)] if tokens == "subwords" else found


@functools.cache
def subword_vocabulary():
    """The subwords that training learned."""
    from tokenizers import Tokenizer

    return Tokenizer.from_file(str(Path(__file__).resolve().parent / "tokenizer.json"))


def subwords_of(word):
    """The subwords of a word, without the marks at its ends."""
    vocabulary = subword_vocabulary()
    return [vocabulary.id_to_token(number) for number in vocabulary.encode(word).ids[1:-1]]


def split_characters(piece):
    """Each character with the marks that belong to it."""
    start = 0
    for at in range(1, len(piece)):
        if not is_mark(piece[at]):
            yield piece[start:at]
            start = at
    yield piece[start:]


def split_words(piece):
    """The words of a piece without white space."""
    if BRACKET.fullmatch(piece):
        yield piece
        return
    at = 0
    while at < len(piece):
        start, at = at, at + 1
        if is_inner(piece[start]) or is_clitic(piece[start:]):
            while at < len(piece) and joins(piece, at):
                at += 1
        else:
            while at < len(piece) and (piece[at] == piece[start] or is_mark(piece[at])):
                at += 1
        yield piece[start:at]


def joins(piece, at):
    """Whether the character at `at`, behind a word's first, keeps the word together."""
    following = piece[at + 1] if at + 1 < len(piece) else " "
    if piece[at] in "'\u2019-":
        return is_inner(following)
    if piece[at] in ".,:/":
        return is_number(piece[at - 1]) and is_number(following)
    return is_inner(piece[at])


def is_clitic(piece):
    """Whether a piece begins with an apostrophe and a clitic."""
    if piece[0] not in "'\u2019":
        return False
    letters = ""
    for character in piece[1:]:
        if not is_inner(character):
            break
        letters += character.lower()
    return letters in CLITICS


def is_inner(character):
    """Whether a character may stand inside a word."""
    is_letter = unicodedata.category(character)[0] == "L" or LETTER_SYMBOLS.match(character) is not None
    return is_letter or is_number(character) or is_mark(character) or character == "_"


def is_number(character):
    return unicodedata.category(character)[0] == "N"


def is_mark(character):
    """Whether a character belongs to the one before it."""
    return unicodedata.category(character)[0] == "M" or JOINERS.match(character) is not None
