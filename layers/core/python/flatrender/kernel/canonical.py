"""JSON in one form only (RFC 8785), so that the same content has the same bytes, and with them the same hash.

Keys in order of their UTF-16 code units, no space between anything, numbers as ECMAScript writes them.
"""

import hashlib
import json
import math
import sys
from decimal import Decimal
from typing import Any, Final

_EXACT: Final = 2**53
_LARGEST: Final = int(sys.float_info.max)


def canonical(value: Any) -> bytes:
    """UTF-8. Raises ValueError for what JSON cannot say exactly: NaN, infinities, integers that no double holds."""
    return _text(value).encode()


def sha256(value: Any) -> str:
    """The hash of the canonical form, in hex."""
    return hashlib.sha256(canonical(value)).hexdigest()


def _text(value: Any) -> str:
    if isinstance(value, dict):
        names = sorted(value, key=lambda name: name.encode("utf-16-be"))
        return "{" + ",".join(f"{_text(name)}:{_text(value[name])}" for name in names) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(_text(item) for item in value) + "]"
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, int):
        if abs(value) <= _EXACT:
            return str(value)
        text = _number(float(value)) if abs(value) <= _LARGEST else ""
        if text != str(value):
            raise ValueError("an integer so large means another number to other readers of JSON")
        return text
    if isinstance(value, float):
        return _number(value)
    raise ValueError(f"{type(value).__name__} has no form in JSON")


def _number(value: float) -> str:
    """As ECMAScript's Number.prototype.toString: the fewest digits that give the same number back."""
    if not math.isfinite(value):
        raise ValueError(f"{value} has no form in JSON")
    if value == 0:
        return "0"
    sign, figures, exponent = Decimal(repr(value)).normalize().as_tuple()
    digits = "".join(map(str, figures))
    point = len(digits) + int(exponent)
    if 0 < point <= 21:
        text = digits.ljust(point, "0") if point >= len(digits) else f"{digits[:point]}.{digits[point:]}"
    elif -6 < point <= 0:
        text = "0." + "0" * -point + digits
    else:
        mantissa = digits[0] + ("." + digits[1:] if len(digits) > 1 else "")
        text = f"{mantissa}e{point - 1:+d}"
    return ("-" if sign else "") + text
