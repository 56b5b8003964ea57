"""Given a composition, when it is cut into chunks, then a key changes exactly where its chunk looks different."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.composition.documents import ASSETS, PHOTO, SONG, VIDEO, document

from flatrender.composition import chunks
from flatrender.composition.fonts import Face, Family, FontTable, shipped
from flatrender.composition.profiles import Profile, profile
from flatrender.composition.schemas import Composition


def keys(doc: Any, assets: Any = ASSETS, fonts: FontTable | None = None, **settings: Any) -> list[str]:
    composition = Composition.model_validate(doc)
    chosen = profile(composition).model_copy(update=settings)
    return [spec.key for spec in chunks.plan(composition, chosen, assets, fonts=fonts)]


def changed(doc: Any, **others: Any) -> list[int]:
    before, after = keys(document()), keys(doc, **others)
    assert len(before) == len(after) == 4
    return [index for index, pair in enumerate(zip(before, after, strict=True)) if pair[0] != pair[1]]


def test_the_same_document_has_the_same_keys() -> None:
    assert keys(document()) == keys(document())
    assert len(set(keys(document()))) == 4


def test_text_at_second_eight_leaves_the_chunks_before_alone() -> None:
    doc = document()
    doc["scenes"][1]["layers"][1]["runs"][0]["text"] = "Later"
    assert changed(doc) == [3]


def test_effects_count_where_their_layer_is_seen() -> None:
    doc = document()
    doc["scenes"][1]["layers"][1]["effects"] = {"glow": {"radius": 8}}
    assert changed(doc) == [3]
    glowing = keys(doc)
    doc["scenes"][1]["layers"][1]["effects"]["glow"]["radius"] = 9
    assert keys(doc)[3] != glowing[3]


def test_a_change_in_the_second_scene_leaves_chunks_before_it_alone() -> None:
    doc = document()
    doc["scenes"][1]["layers"][0]["runs"][0]["text"] = "Changed"
    assert changed(doc) == [2, 3] or changed(doc) == [1, 2, 3]
    assert 0 not in changed(doc)


def test_the_content_of_a_file_counts_and_not_its_id() -> None:
    other = PHOTO[:-1] + "9"
    doc = document()
    doc["scenes"][0]["layers"][0]["asset"] = other
    assert changed(doc, assets={**ASSETS, other: ASSETS[PHOTO]}) == []
    new = {**ASSETS, PHOTO: ASSETS[PHOTO].model_copy(update={"sha256": "d" * 64})}
    assert changed(document(), assets=new) == [0, 1, 2]


def test_sound_ids_and_unused_theme_entries_change_no_picture() -> None:
    doc = document(audio=[])
    doc["theme"]["colors"]["unused"] = "#123456"
    doc["scenes"][0]["id"] = "renamed"
    doc["scenes"][0]["layers"][0]["id"] = "renamed too"
    assert changed(doc) == []


def test_a_theme_colour_counts_where_it_is_used() -> None:
    doc = document()
    doc["scenes"][1]["layers"][1]["style"] = {"fill": "theme:accent"}
    before = keys(doc)
    doc["theme"]["colors"]["accent"] = "#00ff00"
    after = keys(doc)
    assert [a == b for a, b in zip(before, after, strict=True)] == [True, True, True, False]


def test_the_colour_behind_a_progress_bar_counts() -> None:
    def behind(track: str) -> list[str]:
        bar = {"type": "progress", "box": [10, 10, 300, 60], "fill": "#ffffff", "track": track}
        return keys(document(overlays=[bar]))

    assert not set(behind("#ff0000")) & set(behind("#00ff00"))


@pytest.mark.parametrize("field", ["prefix", "suffix"])
def test_words_are_no_colours_even_if_they_are_named_like_one(field: str) -> None:
    def counting(words: str, accent: str = "#ff8800") -> list[str]:
        counter = {"type": "counter", "box": [10, 10, 300, 60], "to_value": 9, field: words}
        return keys(document(overlays=[counter], theme={"colors": {"accent": accent}}))

    assert not set(counting("theme:accent")) & set(counting("#ff8800"))
    assert counting("theme:accent") == counting("theme:accent", "#00ff00")


def test_a_new_font_file_or_profile_changes_every_chunk() -> None:
    families = [
        Family(f.name, tuple(Face(a.file, a.weight, a.style, "0" * 64) for a in f.faces), f.pages)
        for f in shipped().families.values()
    ]
    assert changed(document(), fonts=FontTable(families)) == [0, 1, 2, 3]
    assert changed(document(), crf=30) == [0, 1, 2, 3]
    assert changed(document(), audio_bitrate=64_000) == []


def test_overlays_count_only_while_they_are_seen() -> None:
    doc = document(overlays=[{"type": "solid", "color": "#ff0000", "start": 5.5, "duration": 1}])
    assert changed(doc) == [2]


@given(duration=st.floats(0.1, 120), fps=st.integers(12, 60), seconds=st.floats(0.2, 10))
def test_chunks_cover_every_frame_once(duration: float, fps: int, seconds: float) -> None:
    doc = {"canvas": {"width": 64, "height": 64, "fps": fps}, "scenes": [{"duration": duration}]}
    composition = Composition.model_validate(doc)
    size = Profile(width=64, height=64, fps=fps)
    specs = chunks.plan(composition, size, {}, seconds)
    frames = [frame for spec in specs for frame in range(spec.first_frame, spec.first_frame + spec.frame_count)]
    assert frames == list(range(size.frame_count(composition.duration)))
    assert [spec.index for spec in specs] == list(range(len(specs)))


def test_the_audio_key_follows_what_is_heard() -> None:
    def key(doc: Any) -> str | None:
        return chunks.audio_key(Composition.model_validate(doc), ASSETS)

    assert key(document(audio=[])) is None
    assert key(document()) is not None
    louder = document(audio=[{"asset": SONG, "volume": 0.5}])
    assert key(louder) != key(document())
    silent_change = document()
    silent_change["scenes"][0]["layers"][1]["runs"][0]["text"] = "Quiet"
    assert key(silent_change) == key(document())
    film = document(audio=[])
    film["scenes"][0]["layers"].append({"type": "video", "asset": VIDEO})
    assert key(film) is not None
    muted = copy.deepcopy(film)
    muted["scenes"][0]["layers"][-1]["volume"] = 0
    assert key(muted) is None


@pytest.mark.parametrize(
    ("resolution", "size"),
    [("source", (640, 360)), ("720p", (1280, 720)), ("480p", (854, 480)), ("2160p", (3840, 2160))],
)
def test_profiles_keep_the_aspect_and_even_sides(resolution: Any, size: tuple[int, int]) -> None:
    chosen = profile(Composition.model_validate(document()), resolution)
    assert (chosen.width, chosen.height) == size
