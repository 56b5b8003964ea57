"""Captions: SRT and WebVTT as cues with a time for every word. Strict, linear in the size of the file.

A file is refused with the first thing that is wrong with it. Styling that can be shown (`<b>`, `<i>`, `<u>`) and word
times (`<00:00:01.000>`) are understood, other tags are left out.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final, Literal

from flatrender.composition import limits

type Format = Literal["text/vtt", "application/x-subrip"]

_LINES: Final = re.compile(r"\r\n|\r|\n")
_TIME: Final = re.compile(r"(?:(\d{1,3}):)?([0-5]?\d):([0-5]?\d)[.,](\d{1,3})")
_ARROW: Final = "-->"
_MARKUP: Final = re.compile(r"<([^<>\n]{0,200})>|\{\\[^{}\n]{0,200}\}|(\s+)|(&[A-Za-z0-9#]{1,10};)")
_CONTROLS: Final = dict.fromkeys((*range(0x20), *range(0x7F, 0xA0)))
_SPEAKERS: Final = ("-", "\u2010", "\u2013", "\u2014")
_SRT_HEAD: Final = re.compile(r"\s*(?:\d{1,9}[ \t]*(?:\r\n|\r|\n))?[-\d:,. ]{7,16}-->")
_OVERLAP: Final = 1.0
"""Seconds that a cue may last into the next one; it then gives way to it."""


class CaptionsFault(ValueError):
    """Captions that cannot be used; the text says where and why. `too_large` says that there are too many."""

    def __init__(self, message: str, *, too_large: bool = False) -> None:
        super().__init__(message)
        self.too_large = too_large


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a word in one style."""

    text: str
    bold: bool = False
    italic: bool = False
    underline: bool = False


@dataclass(frozen=True, slots=True)
class Word:
    """A word from the second it is said to the one when the next is. `after` is what follows it: a space, a line break
    or nothing.
    """

    spans: tuple[Span, ...]
    start: float
    end: float
    after: str = " "

    @property
    def text(self) -> str:
        return "".join(span.text for span in self.spans)


@dataclass(frozen=True, slots=True)
class Caption:
    """What is shown from `start` until `end` (seconds)."""

    start: float
    end: float
    words: tuple[Word, ...]

    @property
    def text(self) -> str:
        return "".join(word.text + word.after for word in self.words).strip()


def detect(head: bytes) -> Format | None:
    """What the beginning of a file says it is."""
    text = head.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "ignore")
    if head[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        text = head[: len(head) // 2 * 2].decode("utf-16", "ignore")
    if re.match(r"WEBVTT(?:[ \t\r\n]|$)", text):
        return "text/vtt"
    return "application/x-subrip" if _SRT_HEAD.match(text) else None


def parse(data: bytes) -> list[Caption]:
    """The captions of an SRT or WebVTT file, in order of time. Raises CaptionsFault."""
    if len(data) > limits.MAX_CAPTIONS_BYTES:
        raise CaptionsFault(
            f"Captions may have at most {limits.MAX_CAPTIONS_BYTES // 2**20} MiB; these have {len(data) / 2**20:.1f}.",
            too_large=True,
        )
    form = detect(data[:4096])
    if form is None:
        raise CaptionsFault("These are neither SRT nor WebVTT captions.")
    return ordered(_cues(_decoded(data), form))


def _decoded(data: bytes) -> str:
    try:
        text = data.decode("utf-16" if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig")
    except UnicodeDecodeError:
        raise CaptionsFault("The captions are not UTF-8 text.") from None
    if "\0" in text:
        raise CaptionsFault("The captions are not plain text.")
    return text


def _cues(text: str, form: Format) -> Iterator[tuple[Caption, str]]:
    """Each cue with where it stands."""
    lines = _LINES.split(text)
    at, vtt = 0, form == "text/vtt"
    if vtt:
        while at < len(lines) and lines[at].strip():
            at += 1
    while at < len(lines):
        if not lines[at].strip():
            at += 1
            continue
        first = at
        while at < len(lines) and lines[at].strip():
            at += 1
        block = lines[first:at]
        if vtt and _ARROW not in block[0] and block[0].split(maxsplit=1)[0] in {"NOTE", "STYLE", "REGION"}:
            continue
        timed = next((index for index, line in enumerate(block[:2]) if _ARROW in line), None)
        if timed is None:
            raise CaptionsFault(f"Line {first + 1} is no cue: a line with its times, such as "
                                "00:00:01,000 --> 00:00:02,500, is missing.")  # fmt: skip
        where = f"Line {first + timed + 1}"
        start, end = _times(block[timed], where)
        yield caption("\n".join(block[timed + 1 :]), start, end, where), where


def _times(line: str, where: str) -> tuple[float, float]:
    left, _, right = line.partition(_ARROW)
    parts = [left.strip(), (right.split(maxsplit=1) or [""])[0]]
    found = []
    for part in parts:
        match = _TIME.fullmatch(part)
        if match is None:
            raise CaptionsFault(f"{where}: {part[:20]!r} is no time; times look like 00:00:01,000.")
        found.append(_seconds(match))
    return found[0], found[1]


def _seconds(match: re.Match[str]) -> float:
    hours, minutes, seconds, fraction = match.groups()
    return int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds) + int(fraction.ljust(3, "0")) / 1000


def caption(text: str, start: float, end: float, where: str) -> Caption:
    """A cue of marked-up text. Words without a time of their own share the time between those that have one."""
    if end < start:
        raise CaptionsFault(f"{where}: the cue ends at {end:g} s, before it starts at {start:g} s.")
    if len(text) > limits.MAX_CAPTION_TEXT:
        raise CaptionsFault(f"{where}: a cue may have at most {limits.MAX_CAPTION_TEXT} characters.", too_large=True)
    words = [(spans, time, after) for spans, time, after in _words(text) if any(span.text for span in spans)]
    times: list[float | None] = []
    latest = start
    for _, time, _ in words:
        valid = time is not None and latest <= time < end
        latest = time if valid and time is not None else latest
        times.append(time if valid else None)
    return Caption(start, end, _timed([(spans, after) for spans, _, after in words], times, start, end))


def spoken(words: Sequence[tuple[str, float]], start: float, end: float, where: str) -> Caption:
    """A cue of words that have their times."""
    if end < start:
        raise CaptionsFault(f"{where}: the cue ends at {end:g} s, before it starts at {start:g} s.")
    for (_, one), (_, other) in pairwise([("", start), *words, ("", end)]):
        if other < one:
            raise CaptionsFault(f"{where}: the word at {other:g} s is not in order, or not within its cue.")
    spans = [((Span(text),), " ") for text, _ in words]
    return Caption(start, end, _timed(spans, [time for _, time in words], start, end))


def _words(text: str) -> Iterator[tuple[tuple[Span, ...], float | None, str]]:
    """Words of marked-up text, each with the time before it and what parts it from the next."""
    style, time, given = Span(""), None, None
    spans: list[Span] = []
    for token, kind in _tokens(text):
        if kind == "text":
            if not spans:
                given, time = time, None
            if spans and _same(spans[-1], style):
                spans[-1] = replace(style, text=spans[-1].text + token)
            else:
                spans.append(replace(style, text=token))
            continue
        if kind == "tag":
            match = _TIME.fullmatch(token)
            if match is not None:
                if spans:  # a time in mid-word parts it
                    yield tuple(spans), given, ""
                    spans, given = [], None
                time = _seconds(match)
            else:
                style = _styled(style, token)
            continue
        if spans:
            yield tuple(spans), given, token
            spans, given = [], None
    if spans:
        yield tuple(spans), given, ""


def _same(one: Span, other: Span) -> bool:
    return (one.bold, one.italic, one.underline) == (other.bold, other.italic, other.underline)


def _styled(style: Span, tag: str) -> Span:
    name, on = tag.lstrip("/").partition(".")[0].strip().lower(), not tag.startswith("/")
    match name:
        case "b":
            return replace(style, bold=on)
        case "i":
            return replace(style, italic=on)
        case "u":
            return replace(style, underline=on)
    return style


def _tokens(text: str) -> Iterator[tuple[str, Literal["text", "tag", "space"]]]:
    at = 0
    for match in _MARKUP.finditer(text):
        if match.start() > at:
            yield text[at : match.start()].translate(_CONTROLS), "text"
        at = match.end()
        tag, space, entity = match.groups()
        if space is not None:
            # A new line is wrapped like any other space, but where another speaker begins.
            speaks = "\n" in space and text.startswith(_SPEAKERS, match.end())
            yield "\n" if speaks else " ", "space"
        elif entity is not None:
            from html import unescape

            yield unescape(entity).replace("\xa0", " "), "text"
        elif tag is not None:
            yield tag, "tag"
    if at < len(text):
        yield text[at:].translate(_CONTROLS), "text"


def _timed(
    words: Sequence[tuple[tuple[Span, ...], str]], times: Sequence[float | None], start: float, end: float
) -> tuple[Word, ...]:
    """Words with times for all; those without share what lies between by their lengths."""
    if not words:
        return ()
    lengths = [1 + sum(len(span.text) for span in spans) for spans, _ in words]
    starts = [0.0] * len(words)
    known = [0, *(index for index, time in enumerate(times) if time is not None and index), len(words)]
    for low, high in pairwise(known):
        first = times[low] if times[low] is not None else start
        last = end if high == len(words) else times[high]
        begin, until = first or 0.0, last or 0.0
        share, total = 0, sum(lengths[low:high])
        for index in range(low, high):
            starts[index] = begin + (until - begin) * share / total
            share += lengths[index]
    ends = [*starts[1:], end]
    return tuple(
        Word(spans, one, other, after)
        for (spans, after), one, other in zip(words, starts, ends, strict=True)
    )  # fmt: skip


def ordered(cues: Iterable[tuple[Caption, str]]) -> list[Caption]:
    """Cues checked one against the other: in order, and one at a time."""
    found: list[Caption] = []
    for count, (cue, where) in enumerate(cues, 1):
        if count > limits.MAX_CAPTIONS:
            raise CaptionsFault(f"There are more than {limits.MAX_CAPTIONS} cues.", too_large=True)
        if not cue.words or cue.end <= cue.start:
            continue
        if found and cue.start < found[-1].start:
            raise CaptionsFault(f"{where}: the cue starts at {cue.start:g} s, before the one above it.")
        if found and found[-1].end > cue.start:
            if found[-1].end - cue.start > _OVERLAP:
                raise CaptionsFault(
                    f"{where}: the cue starts at {cue.start:g} s, but the one above it lasts until "
                    f"{found[-1].end:g} s; one must end before the next."
                )
            found[-1] = replace(found[-1], end=cue.start)
            if found[-1].end <= found[-1].start:
                found.pop()
        found.append(cue)
    return found


def divided(cues: Sequence[Caption], most: int) -> list[Caption]:
    """The same captions, no more than `most` words at a time."""
    found = []
    for cue in cues:
        for at in range(0, len(cue.words), most):
            part = cue.words[at : at + most]
            start = cue.start if at == 0 else part[0].start
            end = cue.end if at + most >= len(cue.words) else cue.words[at + most].start
            if min(end, cue.end) > start:
                found.append(Caption(start, min(end, cue.end), part))
    return found
