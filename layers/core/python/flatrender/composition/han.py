"""In which language's shapes Chinese characters are drawn: for drawing, and for the keys of what is drawn."""

import re
from contextlib import suppress
from functools import lru_cache
from typing import Final

_KANA: Final = re.compile("[\u3041-\u30fa\u31f0-\u31ff\uff66-\uff9d]")
_HANGUL: Final = re.compile("[\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3]")
_HAN: Final = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")


def han_language(text: str) -> str:
    """In which language's shapes the Chinese characters of a text are drawn: kana beside them tell Japanese, Hangul
    Korean, and more characters that only Taiwan's code table has than such of mainland China's traditional Chinese.
    """
    if _KANA.search(text) or _HANGUL.search(text):
        return "ja" if _KANA.search(text) else "ko"
    only = [_written_only_in(character) for character in set(_HAN.findall(text))]
    return "zh-Hant" if only.count("zh-Hant") > only.count("zh-Hans") else "zh-Hans"


@lru_cache(maxsize=4096)
def _written_only_in(character: str) -> str:
    """Which way of writing Chinese knows a character; empty when both or neither do."""
    known = []
    for codec, language in (("gb2312", "zh-Hans"), ("big5", "zh-Hant")):
        with suppress(UnicodeEncodeError):
            character.encode(codec)
            known.append(language)
    return known[0] if len(known) == 1 else ""
