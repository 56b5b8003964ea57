"""Given captions as files or within a document, when they are read, then every word has its time, or one fault says why
not.
"""

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.composition.documents import ASSETS, SONG, document

from flatrender.composition import captions, chunks, limits
from flatrender.composition.assets import AssetInfo, Rare
from flatrender.composition.bind import bind
from flatrender.composition.captions import CaptionsFault, parse
from flatrender.composition.profiles import profile
from flatrender.composition.schemas import Composition, TemplateDefinition
from flatrender.composition.validate import validate

SUBTITLES = SONG[:-2] + "d1"
FILES = {**ASSETS, SUBTITLES: AssetInfo(id=SUBTITLES, sha256="d" * 64, kind="captions", duration=9.0)}

VTT = b"""WEBVTT - a title

NOTE nobody sees
this

STYLE
::cue { color: red }

intro
00:00:01.000 --> 00:00:03.000 align:start position:10%
Hello <b>bold <i>and</i></b> <00:00:02.000><c.yellow>world</c> &amp; all

00:03.500 --> 00:04.000
<v Bob>- Hi
- You
"""
SRT = """1
00:00:01,000 --> 00:00:03,000
<font color=red>سلام</font>
دنیا {\\an8}

2
00:00:03,5 --> 00:00:04,000
1 < 2
""".replace("\n", "\r\n")


def times(cue: captions.Caption) -> list[tuple[str, float]]:
    return [(word.text, round(word.start, 3)) for word in cue.words]


def test_webvtt_has_words_styles_and_times() -> None:
    first, second = parse(VTT)
    assert (first.start, first.end, first.text) == (1.0, 3.0, "Hello bold and world & all")
    # Words share the time between the stamps by their lengths.
    assert times(first) == [("Hello", 1.0), ("bold", 1.4), ("and", 1.733), ("world", 2.0), ("&", 2.5), ("all", 2.667)]
    assert [(word.spans[0].bold, word.spans[0].italic) for word in first.words[:4]] == [
        (False, False), (True, False), (True, True), (False, False),
    ]  # fmt: skip
    assert first.words[-1].end == 3.0
    assert second.text == "- Hi\n- You"


def test_srt_is_read_as_people_write_it() -> None:
    first, second = parse(SRT.encode("utf-8-sig"))
    assert first.text == "سلام دنیا"
    assert (second.start, second.text) == (3.5, "1 < 2")
    assert parse(SRT.encode("utf-16")) == [first, second]
    unnumbered = b"00:00:01,000 --> 00:00:02,000\nA\n\n\n\n00:00:02,000 --> 00:00:02,000\ngone\n"
    assert [cue.text for cue in parse(unnumbered)] == ["A"]


def test_styles_may_change_within_a_word_and_unknown_tags_vanish() -> None:
    (cue,) = parse(b"1\n00:00:00,000 --> 00:00:01,000\n<ruby>un<b>believ</b>able</ruby> <u>x</u> <made-up y='1'>z")
    assert [[span.text for span in word.spans] for word in cue.words] == [["un", "believ", "able"], ["x"], ["z"]]
    assert cue.words[0].spans[1].bold
    assert cue.words[1].spans[0].underline


def test_word_times_that_make_no_sense_are_left_out() -> None:
    text = "a <00:00:09.000>b <00:00:01.500>c <00:00:01.200>d"
    (cue,) = parse(f"WEBVTT\n\n00:01.000 --> 00:02.000\n{text}".encode())
    starts = [word.start for word in cue.words]
    assert starts == sorted(starts)
    assert cue.words[2].start == 1.5
    assert all(1 <= word.start <= word.end <= 2 for word in cue.words)


def test_short_overlaps_give_way_and_long_ones_are_a_fault() -> None:
    cue = "1\n00:00:0{},000 --> 00:00:0{},{}00\nx\n\n"
    first, second = parse((cue.format(1, 3, 4) + cue.format(3, 4, 0)).encode())
    assert (first.end, second.start) == (3.0, 3.0)
    with pytest.raises(CaptionsFault, match=r"Line 6: .* lasts until 9 s"):
        parse((cue.format(1, 9, 0) + cue.format(3, 4, 0)).encode())


def test_long_cues_are_divided_by_words() -> None:
    parts = captions.divided(parse(VTT), 2)
    assert [part.text for part in parts] == ["Hello bold", "and world", "& all", "- Hi", "- You"]
    assert [part.start for part in parts[:3]] == [1.0, pytest.approx(1.733, abs=1e-3), 2.5]
    assert parts[2].end == 3.0


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "neither SRT nor WebVTT"),
        (b"hello", "neither"),
        (b"1\n-00:00:01,000 --> 00:00:02,000\nx", "Line 2: '-00:00:01,000' is no time"),
        (b"1\n00:00:05,000 --> 00:00:02,000\nx", "ends at 2 s, before it starts"),
        (b"1\n00:00:61,000 --> 00:00:62,000\nx", "no time"),
        (b"1\n00:00:05,000 --> 00:00:06,000\nx\n\n2\n00:00:02,000 --> 00:00:03,000\nx", "before the one above"),
        (b"WEBVTT\n\nwords\nwithout times", "Line 3 is no cue"),
        (b"WEBVTT\n\n00:00.000 -->", "'' is no time"),
        (b"1\n00:00:01,000 --> 00:00:02,000\n\xff\xfe", "not UTF-8"),
        (b"WEBVTT\n\n00:00.000 --> 00:01.000\nx\0", "not plain text"),
        (b"x" * 3_000_000, "2 MiB"),
        (b"WEBVTT\n\n" + b"00:00.000 --> 00:01.000\nx\n\n" * 60_000, "more than 10000 cues"),
        (b"WEBVTT\n\n" + b"\n\n" * 800_000, ""),
        (b"WEBVTT\n\n" + b"<" * 2_000_000, "no cue"),
        (b"WEBVTT\n\n00:00.000 --> 00:01.000\n" + b"<b" * 900_000, "1000 characters"),
        (b"WEBVTT\n\n00:00.000 --> 00:01.000\n" + b"&&&&" * 200, ""),
    ],
)
def test_hostile_and_broken_files_end_in_one_fault_at_once(data: bytes, why: str) -> None:
    began = time.monotonic()
    if why:
        with pytest.raises(CaptionsFault, match=why):
            parse(data)
    else:
        parse(data)
    assert time.monotonic() - began < 1.5


@given(st.binary(max_size=300), st.sampled_from([b"WEBVTT\n\n", b"1\n00:00:01,000 --> 00:00:02,000\n", b""]))
def test_any_bytes_are_captions_or_a_fault(data: bytes, head: bytes) -> None:
    try:
        found = parse(head + data)
    except CaptionsFault:
        return
    for cue in found:
        assert cue.start < cue.end
        assert all(cue.start <= word.start <= word.end + 1e-9 for word in cue.words)
        starts = [word.start for word in cue.words]
        assert starts == sorted(starts)


def layer(**fields: Any) -> dict[str, Any]:
    return {"type": "captions", **fields}


def faults(**fields: Any) -> list[tuple[str, str]]:
    _, found = validate(document(scenes=[{"duration": 10, "layers": [layer(**fields)]}]), FILES)
    return [(fault.pointer.removeprefix("/scenes/0/layers/0"), fault.message) for fault in found]


def test_a_file_that_the_layer_s_font_cannot_draw_is_a_fault_that_names_text_and_character() -> None:
    rare = [Rare(text="\u2590", cue="half a block \u2590", start=2.5), Rare(text="\u2592", cue="grey \u2592", start=4)]
    files = {**FILES, SUBTITLES: FILES[SUBTITLES].model_copy(update={"rare": rare})}

    def found(**fields: Any) -> list[tuple[str, str, str]]:
        theme = {"fonts": {"body": {"family": "Inter"}, "code": {"family": "JetBrains Mono"}}}
        doc = document(theme=theme, scenes=[{"duration": 10, "layers": [layer(asset=SUBTITLES, **fields)]}])
        return [(fault.pointer, fault.code, fault.message) for fault in validate(doc, files)[1]]

    for style in ({}, {"font": "theme:body"}, {"font": "Anton"}):
        ((pointer, code, message),) = found(style=style)
        assert (pointer, code) == ("/scenes/0/layers/0/asset", "glyph_missing")
        assert "(RIGHT HALF BLOCK, U+2590), \u2592 (MEDIUM SHADE, U+2592)" in message
        assert "'half a block \u2590' at 2.5 s" in message
    assert "The font 'Inter' lacks" in found()[0][2]
    assert found(style={"font": "theme:code"}) == found(style={"font": "JetBrains Mono"}) == []


CUES = [
    {"start": 0, "end": 2, "text": "One <b>two</b>"},
    {"start": 6, "end": 8, "words": [{"text": "x", "start": 6.5}]},
]


def test_documents_have_captions_of_their_own_or_from_a_file() -> None:
    assert faults(cues=CUES) == []
    assert faults(asset=SUBTITLES, animation="karaoke", highlight={"plate": {"fill": "#f00"}}, max_words=3) == []
    ((pointer, message),) = faults(asset=SONG)
    assert pointer == "/asset"
    assert "captions file is needed" in message
    assert "either an 'asset' or 'cues'" in faults()[0][1]
    assert "either an 'asset' or 'cues'" in faults(asset=SUBTITLES, cues=CUES)[0][1]
    assert "either 'text' or 'words'" in faults(cues=[{"start": 0, "end": 1}])[0][1]


def test_cues_of_a_document_are_held_to_the_same_rules() -> None:
    assert faults(cues=[{"start": 3, "end": 1, "text": "x"}]) == [
        ("/cues", "Cue 1: the cue ends at 1 s, before it starts at 3 s.")
    ]
    late = [{"start": 0, "end": 1, "words": [{"text": "a", "start": 0.5}, {"text": "b", "start": 3}]}]
    assert "not within its cue" in faults(cues=late)[0][1]
    ((pointer, message),) = faults(cues=[{"start": 0, "end": 1, "text": "smile \U000e0101\u1234"}])
    assert pointer == "/cues/0/text"
    assert "U+1234" in message
    many = [{"start": n, "end": n + 1, "text": "word " * 190} for n in range(110)]
    assert "upload them as a file" in faults(cues=many)[0][1]
    assert "font" in faults(cues=CUES, style={"font": "Nowhere"})[0][0]


def keys(**fields: Any) -> list[str]:
    doc = document(scenes=[{"duration": 10, "layers": [layer(**fields)]}], audio=[])
    made = Composition.model_validate(doc)
    return [spec.key for spec in chunks.plan(made, profile(made), FILES)]


def test_a_changed_cue_changes_the_chunks_that_show_it() -> None:
    def changed(cues: Any) -> list[int]:
        pairs = zip(keys(cues=CUES), keys(cues=cues), strict=True)
        return [index for index, (one, other) in enumerate(pairs) if one != other]

    assert changed([CUES[0], {**CUES[1], "end": 9}]) == [2, 3]
    assert changed([{**CUES[0], "text": "Other"}, CUES[1]]) == [0]
    assert changed(CUES[:1]) == [2, 3]


def test_the_language_that_all_cues_tell_changes_the_chunks_of_each() -> None:
    """A later cue in kana makes the Chinese characters of earlier ones Japanese, which have other shapes."""

    def made(last: str, **fields: Any) -> list[str]:
        return keys(
            cues=[{"start": 0, "end": 2, "text": "直 骨 海 角"}, {"start": 8, "end": 9, "text": last}], **fields
        )

    chinese, more, japanese = made("中国"), made("中国人"), made("ひらがな")
    assert [one == other for one, other in zip(chinese, more, strict=True)] == [True, True, False, False]
    assert not set(chinese) & set(japanese)
    # By its name a character is none of kana, but drawn as it.
    assert made("&#12402;")[0] == japanese[0]
    told = {"style": {"language": "zh-Hant"}}
    assert made("中国", **told)[:2] == made("ひらがな", **told)[:2]


def test_the_content_of_the_file_counts() -> None:
    before = keys(asset=SUBTITLES)
    FILES[SUBTITLES] = FILES[SUBTITLES].model_copy(update={"sha256": "e" * 64})
    try:
        after = keys(asset=SUBTITLES)
    finally:
        FILES[SUBTITLES] = FILES[SUBTITLES].model_copy(update={"sha256": "d" * 64})
    assert all(one != other for one, other in zip(before, after, strict=True))


def test_limits_are_those_of_the_guide() -> None:
    assert (limits.MAX_CAPTIONS, limits.MAX_CAPTIONS_BYTES) == (10_000, 2 * 2**20)


def test_a_template_may_ask_for_captions() -> None:
    label = {"en": "Words"}
    template = TemplateDefinition.model_validate(
        {
            "code": "talk",
            "name": label,
            "description": label,
            "category": "test",
            "aspect": "16:9",
            "duration": 4.0,
            "inputs": [{"type": "captions", "name": "words", "label": label}],
            "composition": document(
                overlays=[{"type": "captions", "asset": {"$input": "words"}, "when": {"input": "words", "set": True}}]
            ),
        }
    )
    empty, found = bind(template, {})
    assert not found
    assert empty is not None
    assert empty["overlays"] == []
    filled, _ = bind(template, {"words": SUBTITLES})
    made, found = validate(filled, FILES)
    assert not found
    assert made is not None
    _, (fault,) = bind(template, {"words": "talk.vtt"})
    assert (fault.pointer, fault.code) == ("/inputs/words", "asset_id")
