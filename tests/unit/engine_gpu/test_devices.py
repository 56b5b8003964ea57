"""Given a machine, when it is asked what it can draw with, then it says its device class, and why it is that one."""

from collections.abc import Iterator

import numpy as np
import pytest
from tests.unit.engine_draw.scenes import composition

from flatrender.composition.profiles import profile
from flatrender.engine.draw import FrameSource
from flatrender.engine.faults import DeviceMissing
from flatrender.engine.gpu import devices, egl, nvenc
from flatrender.engine.gpu.target import GpuCanvas
from flatrender.engine.surface import Canvas

SQUARE = {"type": "shape", "box": [20, 20, 60, 60], "geometry": {"type": "rectangle"}, "fill": "#ff8800"}
MOVING = {
    **SQUARE,
    "transform": {"x": {"keyframes": [{"time": 0, "value": 0}, {"time": 2, "value": 200}]}},
}
FADE = [
    {"duration": 1, "layers": [MOVING]},
    {"duration": 1, "background": "#2040a0", "transition": {"type": "cross-fade", "duration": 0.5}},
]


@pytest.fixture(autouse=True)
def _afresh() -> Iterator[None]:
    devices._probe.cache_clear()
    yield
    devices._probe.cache_clear()


def software(monkeypatch: pytest.MonkeyPatch) -> devices.Device:
    monkeypatch.setenv(devices.VARIABLE, devices.SOFTWARE)
    found = devices.probe()
    assert found.name == devices.SOFTWARE, found.reason
    return found


def refuse(monkeypatch: pytest.MonkeyPatch, why: str) -> None:
    def current(*, program: bool) -> egl.Gl:
        raise egl.NoGl(why)

    monkeypatch.setattr(egl, "current", current)


def test_without_a_device_it_is_the_processor_and_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(devices.VARIABLE, raising=False)
    refuse(monkeypatch, "EGL knows no NVIDIA device")
    found = devices.probe()
    assert (found.name, found.encoders) == ("cpu", ())
    assert found.reason == "drawing on the processor, for EGL knows no NVIDIA device"
    assert found.surface() is Canvas


@pytest.mark.parametrize("choice", ["banana", "CPU", "nvidia-l4-nvenc"])
def test_a_choice_that_there_is_not_is_refused(monkeypatch: pytest.MonkeyPatch, choice: str) -> None:
    monkeypatch.setenv(devices.VARIABLE, choice)
    with pytest.raises(devices.DeviceUnknown, match=f"is '{choice}'; it may be auto, cpu, gl-software"):
        devices.probe()
    assert devices.held(devices.PROCESSOR) is devices.CPU, "the processor is there whatever is asked for"


def test_software_is_taken_only_where_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    found = software(monkeypatch)
    assert found.encoders == ()
    assert egl.software(found.renderer)
    assert isinstance(found.surface()(4, 4), GpuCanvas)
    monkeypatch.setenv(devices.VARIABLE, "auto")
    assert devices.probe().name != devices.SOFTWARE


def test_a_thread_that_draws_in_software_does_not_pass_for_a_device(monkeypatch: pytest.MonkeyPatch) -> None:
    software(monkeypatch)
    with pytest.raises(egl.NoGl, match="which is software"):
        egl.current()


def test_the_processor_can_be_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(devices.VARIABLE, "cpu")
    assert (devices.probe().name, devices.probe().reason) == ("cpu", "FLATRENDER_DEVICE is cpu")


@pytest.mark.parametrize(
    ("renderer", "encoders", "name"),
    [
        ("NVIDIA L4/PCIe/SSE2", ("h264_nvenc", "hevc_nvenc", "av1_nvenc"), "nvidia-l4-nvenc"),
        ("NVIDIA A10G/PCIe/SSE2", ("h264_nvenc", "hevc_nvenc"), "nvidia-a10g-nvenc"),
        ("Tesla T4/PCIe/SSE2", ("h264_nvenc",), "nvidia-t4-nvenc"),
        ("NVIDIA H200/PCIe/SSE2", (), "nvidia-h200"),
        ("NVIDIA GeForce RTX 4090/PCIe/SSE2", (), "nvidia-geforce-rtx-4090"),
    ],
)
def test_a_class_is_the_model_and_whether_it_encodes(renderer: str, encoders: tuple[str, ...], name: str) -> None:
    found = devices.classed(renderer, lambda: (encoders, "" if encoders else "h264_nvenc says 'no capable device'"))
    assert (found.name, found.renderer, found.encoders) == (name, renderer, encoders)
    assert found.reason.startswith(f"drawing on {renderer}")
    assert ("software encoders, for h264_nvenc says" in found.reason) == (not encoders)


def test_a_device_on_which_nothing_encodes_says_what_the_encoders_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nvenc, "ENCODERS", {"h264": "h264_nvenc"})
    monkeypatch.setattr(nvenc, "_try", lambda encoder: "Cannot load libcuda.so.1")
    found = devices.classed("NVIDIA L4/PCIe/SSE2", nvenc.probe)
    assert found.name == "nvidia-l4"
    assert found.reason.endswith("software encoders, for h264_nvenc says 'Cannot load libcuda.so.1'")


def test_work_for_another_class_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(devices.VARIABLE, "auto")
    refuse(monkeypatch, "EGL knows no NVIDIA device")
    assert devices.held("cpu") is devices.CPU
    with pytest.raises(DeviceMissing) as raised:
        devices.held("nvidia-l4-nvenc")
    assert raised.value.code == "device_missing"
    assert raised.value.details == {
        "ordered": "nvidia-l4-nvenc",
        "found": "cpu",
        "why": "drawing on the processor, for EGL knows no NVIDIA device",
    }


@pytest.mark.parametrize("alpha", [False, True])
def test_a_frame_through_opengl_depends_on_its_number_alone(monkeypatch: pytest.MonkeyPatch, alpha: bool) -> None:
    made = composition(scenes=FADE, **({"canvas": CLEAR} if alpha else {}))
    chosen = profile(made).model_copy(update={"alpha": alpha})
    surface = software(monkeypatch).surface()
    whole = FrameSource(made, {}, chosen, surface=surface)
    raster = FrameSource(made, {}, chosen)
    for number in range(whole.frame_count):
        whole.draw(number)
        raster.draw(number)
        alone = FrameSource(made, {}, chosen, surface=surface)
        alone.draw(number)
        assert np.array_equal(whole.buffer, alone.buffer), number
        assert np.abs(whole.buffer.astype(np.int16) - raster.buffer).mean() <= 1, number


CLEAR = {"width": 320, "height": 180, "fps": 20, "background": "#00000000"}


def test_a_canvas_that_a_device_has_no_room_for_is_a_memory_error(monkeypatch: pytest.MonkeyPatch) -> None:
    surface = software(monkeypatch).surface()
    with pytest.raises(MemoryError, match="has no room for 100000 x 100000"):
        surface(100_000, 100_000)
