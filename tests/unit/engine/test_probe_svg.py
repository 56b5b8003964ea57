"""Given an uploaded SVG, when it is examined, then it is taken or refused by name and line, fast and in bounds."""

import resource
import time
import tracemalloc
from pathlib import Path

import pytest
from tests.unit.engine import uploads
from tests.unit.engine_draw.vectors import svg

from flatrender.engine.faults import RejectedMedia
from flatrender.engine.probe import Limits, probe

TYPE = "image/svg+xml"
DOCTYPE = '<?xml version="1.0"?><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/svg11.dtd">\n'


def rejected(tmp_path: Path, data: bytes, limits: Limits | None = None) -> RejectedMedia:
    with pytest.raises(RejectedMedia) as caught:
        probe(uploads.written(tmp_path, data), TYPE, limits)
    assert caught.value.text.endswith(".")
    return caught.value


@pytest.mark.parametrize(
    ("data", "size"),
    [
        (svg(), (100, 50)),
        (svg(head='width="10mm" height="1in" x="3"'), (38, 96)),
        (svg(head='viewBox="-5,-5 0.25 0.5" width="100%"'), (1, 1)),
        (svg(before=DOCTYPE), (100, 50)),
        (svg(before="<!-- " + "licence " * 2000 + "-->"), (100, 50)),
        (b'<s:svg xmlns:s="http://www.w3.org/2000/svg" viewBox="0 0 7 9"><s:path d=""/></s:svg>', (7, 9)),
        (
            svg('<x:y xmlns:x="urn:other"><x:image href="http://a.b/c"/></x:y><title>T</title><rect data-x="1"/>'),
            (100, 50),
        ),
    ],
    ids=["plain", "units", "view box", "doctype", "comment", "prefix", "foreign"],
)
def test_drawings_are_accepted(tmp_path: Path, data: bytes, size: tuple[int, int]) -> None:
    info = probe(uploads.written(tmp_path, data), TYPE)
    assert (info.kind, info.content_type, info.width, info.height) == ("svg", TYPE, *size)
    assert (info.duration, info.has_audio, info.slots) == (None, False, None)


def test_it_has_to_be_what_it_was_announced_as(tmp_path: Path) -> None:
    with pytest.raises(RejectedMedia) as caught:
        probe(uploads.written(tmp_path, svg()), "image/png")
    assert caught.value.reason == "type_mismatch"
    with pytest.raises(RejectedMedia) as caught:
        probe(uploads.written(tmp_path, uploads.png()), TYPE)
    assert caught.value.reason == "type_mismatch"


@pytest.mark.parametrize(
    ("body", "reason", "says"),
    [
        ("<g>\n<script>alert(1)</script></g>", "svg_script", "<script> in line 2"),
        ('<rect onclick="alert(1)"/>', "svg_script", "onclick"),
        ("<foreignObject/>", "svg_script", "foreignObject"),
        ('<x:script xmlns:x="http://www.w3.org/1999/xhtml"/>', "svg_script", "script"),
        ('<image href="data:image/png;base64,AAAA"/>', "svg_image", "type 'image'"),
        ('<image xlink:href="http://169.254.169.254/latest"/>', "svg_image", "picture"),
        ('<h:img xmlns:h="http://www.w3.org/1999/xhtml" onerror="x()"/>', "svg_script", "web page"),
        ('<metadata><h:b xmlns:h="http://www.w3.org/1999/xhtml"/></metadata>', "svg_script", "web page"),
        ('<defs><rect style="cursor: URL( http://a.b )"/></defs>', "svg_external", "http://a.b"),
        ("<style>.unused { background: url(#a), url('//a.b') }</style>", "svg_external", "<style> in line 1"),
        ('<use href="other.svg#a"/>', "svg_external", "other.svg#a"),
        ('<a href="javascript:alert(1)"><rect/></a>', "svg_external", "javascript"),
        ('<rect fill="url(http://a.b/c#d)"/>', "svg_external", "http://a.b"),
        ("<rect style=\"mask: url('file:///etc/passwd')\"/>", "svg_external", "passwd"),
        ("<style>@import url(http://a.b/c.css);</style>", "svg_external", "@import"),
        ("<style>@font-face { src: url(a) }</style>", "svg_style", "@font-face"),
        ("<style>g > rect { fill: red }</style>", "svg_style", "g > rect"),
        ('<rect style="fill: var(--brand)"/>', "svg_style", "fill"),
        ('<rect style="transform: rotate(3deg)"/>', "svg_style", "attribute"),
        ('<rect style="mix-blend-mode: multiply"/>', "svg_style", "mix-blend-mode"),
        ('<marker id="m"/><path d="M0 0h9" marker-end="url(#m)"/>', "svg_style", "marker-end"),
        ("<rect><animate attributeName='x'/></rect>", "svg_animation", "animate"),
        ('<text id="t">Hi</text>', "svg_text", "<text id='t'> in line 1. Convert text to paths"),
        ("<flowRoot/>", "svg_unsupported", "flowRoot"),
        ('<filter id="f"><feTurbulence/></filter><rect filter="url(#f)"/>', "svg_unsupported", "feTurbulence"),
        ('<rect fill="url(#no)"/>', "svg_reference", "'no'"),
        ('<rect fill="blurple"/>', "svg_value", "blurple"),
        ('<rect width="wide"/>', "svg_value", "'width'"),
        ('<rect width="1e999"/>', "svg_value", "too large"),
        ('<path d="M0 0 L 1"/>', "svg_value", "character 6"),
        ('<path d="0 0"/>', "svg_value", "begins with M"),
        ('<rect transform="spin(3)"/>', "svg_value", "transform"),
        ('<g id="a"><use href="#a"/></g>', "svg_cycle", "<use>"),
        ('<mask id="m"><rect mask="url(#m)"/></mask><rect mask="url(#m)"/>', "svg_cycle", "<mask id='m'>"),
    ],
)  # fmt: skip
def test_what_would_be_loaded_run_or_drawn_wrong_is_refused(tmp_path: Path, body: str, reason: str, says: str) -> None:
    refusal = rejected(tmp_path, svg(body))
    assert (refusal.reason, refusal.details) == (reason, {"reason": reason})
    assert says in refusal.text


@pytest.mark.parametrize(
    ("head", "reason"),
    [
        ("", "svg_size"),
        ('viewBox="0 0 0 5"', "svg_size"),
        ('viewBox="0 0 NaN 5"', "svg_size"),
        ('viewBox="0 0 1e99 5"', "svg_size"),
        ('width="-4" height="4"', "svg_size"),
        ('onload="x()" viewBox="0 0 1 1"', "svg_script"),
    ],
)
def test_it_needs_a_size(tmp_path: Path, head: str, reason: str) -> None:
    assert rejected(tmp_path, svg(head=head)).reason == reason


BILLION = '<!DOCTYPE svg [<!ENTITY a "ha">' + "".join(
    f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9)
)
USES = "".join(f'<g id="u{n}">{f"""<use href="#u{n - 1}"/>""" * 10}</g>' for n in range(1, 12))
FILLED = '<rect width="9" height="9" fill="url(#p{})"/>'
PATTERNS = "".join(
    f'<pattern id="p{n}" width="1" height="1">{FILLED.format(n - 1) * 10}</pattern>' for n in range(1, 8)
)
MASKS = "".join(f'<mask id="m{n}"><rect width="9" height="9" mask="url(#m{n - 1})"/></mask>' for n in range(1, 5000))


LONG = 500_000
RULED = "".join(f"<style>{'.a,' * 900}.a{{{'b:c;' * 50}}}</style>" for _ in range(2))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (svg(f"<style>{'/* ' * LONG}</style>"), "svg"),
        (svg(f"<style>{'a ' * LONG}</style>"), "svg_style"),
        (svg(f'<rect style="fill:red{" " * LONG}x"/>'), "svg_value"),
        (svg(f'<rect fill="url({" " * LONG}x"/>'), "svg_external"),
        (svg(f'<rect fill="{"url(#a)" * (LONG // 5)}x"/>'), "svg_reference"),
        (svg(f'<rect transform="scale(1){" " * LONG}x"/>'), "svg_value"),
        (svg(f'<rect transform="{"scale(1) " * (LONG // 5)}"/>'), "svg_value"),
        (svg(f'<path d="M1{" " * LONG}x"/>'), "svg_value"),
        (svg(f'<polygon points="{"1 " * LONG}x"/>'), "svg_value"),
        (svg(f'<path id="p" d="M0 0{"L1 1" * 99_000}"/>' + '<use href="#p"/>' * 10_000), "svg_too_complex"),
        (svg(f'<g id="p" style="{"a:b;" * 99_000}"/>' + '<use href="#p"/>' * 9_000), "svg"),
        (svg(RULED + '<g class="a"/>' * 19_000), "svg_too_complex"),
        (svg(f"<rect {' '.join(f'a{n}="1"' for n in range(200))}/>"), "svg_too_large"),
        (svg("&j;", before=BILLION + "]>"), "svg_entities"),
        (svg(before='<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>'), "svg_entities"),
        (svg("<rect/>&nbsp;", before=DOCTYPE), "svg_entities"),
        (svg(before='<?xml-stylesheet href="http://a.b/c.css"?>'), "svg_external"),
        (svg(f'<g id="u0"><rect/></g>{USES}'), "svg_too_complex"),
        (svg(f'<pattern id="p0"/>{PATTERNS}<rect fill="url(#p7)"/>'), "svg_too_complex"),
        (svg(f'<mask id="m0"/>{MASKS}<rect mask="url(#m4999)"/>'), "svg_too_deep"),
        (svg("<g>" * 5000 + "</g>" * 5000), "svg_too_deep"),
        (svg("<rect/>" * 30_000), "svg_too_large"),
        (svg(f'<path d="M0 0{" L1 1" * 600_000}"/>'), "too_large"),
        (svg("<style>" + "a{}" * 5000 + "</style>"), "svg_too_large"),
        (svg('<g mask="url(#m)"><rect/></g>' * 3000 + '<mask id="m"/>'), "svg_too_complex"),
        (svg(f'<path d="M{"1" * 400_000} x"/>'), "svg_value"),
        (svg()[:40], "damaged"),
        (svg() + b"<svg/>", "damaged"),
        (b'<html><svg xmlns="http://www.w3.org/2000/svg"/></html>', "damaged"),
        (b'<?xml version="1.0" encoding="no-such"?><svg/>', "damaged"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_hostile_files_end_in_one_fault_fast_and_in_bounds(tmp_path: Path, data: bytes, reason: str) -> None:
    tracemalloc.start()
    started = time.process_time()
    try:
        found: str = probe(uploads.written(tmp_path, data), TYPE).kind
    except RejectedMedia as refusal:
        found = refusal.reason
    seconds, (_, peak) = time.process_time() - started, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found == reason
    assert seconds < 3
    assert peak < 100 * 2**20


ZIGZAG = f'<path d="M0 0{"V50h.01V0h.01" * 60_000}" fill="red"/>'
DASHES = f'<path d="M0 0{"L100 50 0 1 99 0" * 40_000}" stroke="red" stroke-width="3" stroke-dasharray=".02"/>'
BLURRED = '<filter id="f"><feGaussianBlur stdDeviation="9999"/></filter><rect width="9" height="9" filter="url(#f)"/>'
TILES = '<pattern id="p" width=".0001" height=".0001"><rect width="1" height="1"/></pattern>'


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        (ZIGZAG, "svg_too_complex"),
        (TILES + '<rect width="100" height="50" fill="url(#p)"/>', "svg"),
        (BLURRED * 500, "svg_too_complex"),
        (DASHES, "svg_too_complex"),
    ],
    ids=["zigzag", "tiles", "blur", "dashes"],
)
def test_what_is_slow_to_draw_is_found_out_in_bounds(tmp_path: Path, body: str, verdict: str) -> None:
    started, before = time.process_time(), resource.getrusage(resource.RUSAGE_CHILDREN)
    try:
        found: str = probe(uploads.written(tmp_path, svg(body)), TYPE).kind
    except RejectedMedia as rejection:
        found = rejection.reason
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert found == verdict
    assert time.process_time() - started < 3
    assert after.ru_utime - before.ru_utime < 6
