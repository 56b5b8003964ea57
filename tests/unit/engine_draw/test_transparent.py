"""What shines through: a canvas without a background, alone and in transitions, and what lies behind it elsewhere."""

from typing import Any

import numpy as np
import pytest
from tests.unit.engine_draw.scenes import Pixels, composition, frame, source

from flatrender.composition.schemas import Composition

SIZE = {"width": 320, "height": 180, "fps": 20}


def film(*layers: Any, background: Any = "transparent", **fields: Any) -> Composition:
    return composition(*layers, canvas={**SIZE, "background": background}, **fields)


def box(color: str, left: int = 0, width: int = 160, **more: Any) -> dict[str, Any]:
    return {"type": "solid", "color": color, "box": [left, 0, width, 180], **more}


def drawn(made: Composition, index: int = 0, **changes: Any) -> Pixels:
    return frame(made, index, **({"alpha": True} | changes))


def over(pixels: Pixels, ground: int) -> np.ndarray:
    """Premultiplied pixels laid on a grey."""
    return pixels[..., :3].astype(int) + ground * (255 - pixels[..., 3:].astype(int)) // 255


@pytest.mark.parametrize("background", ["transparent", "#00000000", "#ff000000"])
def test_nothing_is_drawn_where_nothing_is(background: str) -> None:
    pixels = drawn(film(box("#ff000080"), background=background))
    assert pixels[90, 80].tolist() == [0, 0, 128, 128]
    assert pixels[90, 240].tolist() == [0, 0, 0, 0]


def test_a_frame_owes_nothing_to_the_one_before() -> None:
    moving = box(
        "#ffffff80", width=40, transform={"x": {"keyframes": [{"time": 0, "value": 0}, {"time": 2, "value": 200}]}}
    )
    made = film(moving, box("#00ff0080", left=280, width=40))
    straight = source(made, alpha=True)
    for number in range(10):
        straight.draw(number)
    assert np.array_equal(straight.buffer, drawn(made, 9))
    assert np.array_equal(straight.buffer[:, 0], np.zeros((180, 4), np.uint8))


def test_a_half_transparent_background_is_drawn_once() -> None:
    made = film(background="#ff000080")
    picture = source(made, alpha=True)
    for number in range(5):
        picture.draw(number)
    assert picture.buffer[90, 160].tolist() == [0, 0, 128, 128]


@pytest.mark.parametrize(
    "transition",
    [
        {"type": "cross-fade"},
        {"type": "slide"},
        {"type": "wipe", "softness": 0.5},
        {"type": "zoom"},
        {"type": "dip", "color": "#00ff00"},
    ],
)
def test_transitions_let_through_what_both_scenes_do(transition: dict[str, Any]) -> None:
    """Laid on a grey, a transparent transition is the transition of both scenes laid on that grey."""
    scenes = [
        {"duration": 1.0, "layers": [box("#ff0000c0", left=20)]},
        {"duration": 1.0, "transition": {**transition, "duration": 0.8}, "layers": [box("#0000ffc0", left=120)]},
    ]
    clear = film(scenes=scenes)
    for number in (4, 8, 12, 16, 19):
        through = drawn(clear, number)
        assert (through[..., :3] <= through[..., 3:]).all(), "premultiplied"
        for ground in (0, 90, 255):
            laid = frame(film(scenes=scenes, background=f"#{ground:02x}{ground:02x}{ground:02x}"), number)
            assert np.abs(over(through, ground) - laid[..., :3].astype(int)).max() <= 4, (number, ground)


def test_without_alpha_it_lies_on_the_ground_that_was_asked_for() -> None:
    made = film(box("#ffffff80"))
    pixels = frame(made, 0, ground="#204060")
    assert pixels[90, 240].tolist() == [0x60, 0x40, 0x20, 255]
    assert np.abs(pixels[90, 80, :3].astype(int) - [176, 160, 144]).max() <= 1


def test_layers_that_rest_are_the_same_merged_and_alone() -> None:
    resting = [box("#ff000080", left=10 * place, width=100) for place in range(4)]
    merged, alone = film(*resting), source(film(*resting), alpha=True)
    alone.draw(0)
    kept = [drawn(merged, number) for number in range(3)]
    assert all(np.array_equal(kept[0], one) for one in kept)
    assert np.abs(alone.buffer.astype(int) - kept[0]).max() == 0
    assert kept[0][90, 35].tolist() == pytest.approx([0, 0, 240, 240], abs=2)
