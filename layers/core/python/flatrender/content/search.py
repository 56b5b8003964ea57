"""Words as the search compares them: without case, accents, and the spellings one keyboard has and another has not."""

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

MAX_WORD: Final = 40
MAX_QUERY_WORDS: Final = 6
"""Words of a query that count; each costs one read per tenant."""

_ZWNJ: Final = "\u200c"
_SPELLINGS: Final = str.maketrans(
    {
        "\u064a": "\u06cc",  # Arabic yeh, as Persian types it
        "\u0649": "\u06cc",  # alef maksura looks the same
        "\u0643": "\u06a9",  # Arabic kaf
        "\u0629": "\u0647",  # teh marbuta
        "\u06c0": "\u0647",  # heh with yeh above
        "\u0640": None,  # tatweel only stretches
    }
)
_WORD: Final = re.compile(r"[^\W_]+")


def normalise(text: str) -> str:
    """Lower case, no accents or vowel marks, Persian letters, Latin digits; ZWNJ stays for `words` to decide on."""
    decomposed = unicodedata.normalize("NFKD", text)
    bare = "".join(_digit(letter) for letter in decomposed if unicodedata.category(letter) != "Mn")
    return bare.casefold().translate(_SPELLINGS)


def words(text: str) -> list[str]:
    """The words of a text, each once, in order, at most `MAX_WORD` characters long.

    A zero-width non-joiner separates, as some type a space there.
    """
    return _distinct(_WORD.findall(normalise(text).replace(_ZWNJ, " ")))


def index_words(texts: Iterable[str], limit: int) -> list[str]:
    """The first `limit` words under which texts are to be found.

    A word with a zero-width non-joiner is found by its parts and, as others leave the joiner out, in one piece.
    """
    found: list[str] = []
    for text in texts:
        found += words(text)
        if _ZWNJ in text:
            found += _WORD.findall(normalise(text).replace(_ZWNJ, ""))
    return _distinct(found)[:limit]


def tag(text: str) -> str:
    """A tag as it is compared."""
    return " ".join(words(text))


def _digit(letter: str) -> str:
    value = unicodedata.digit(letter, None)
    return letter if value is None else str(value)


def _distinct(found: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(word[:MAX_WORD] for word in found))
