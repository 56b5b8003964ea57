"""What the layers hold besides wheels and sources."""

import struct

import pytest
from tests.support.functions import ROOT

from flatrender.engine import gaussian, resample
from flatrender.engine.outputs import bt709

X86_64 = 62
OF_A_C_LIBRARY = (b"GLIBC_", b"libc.so")


@pytest.mark.parametrize(
    ("name", "entry"),
    [(bt709.LIBRARY, b"bgra_to_420"), (resample.LIBRARY, b"resample_work"), (gaussian.LIBRARY, b"blur_work")],
)
def test_the_render_layer_holds_what_is_compiled_for_lambda(name: str, entry: bytes) -> None:
    """For Lambda's processor, whatever machine builds; and without a C library, which could be newer than Lambda's."""
    library = (ROOT / ".build/layers/render/python" / name).read_bytes()
    assert library[:6] == b"\x7fELF\x02\x01"
    assert struct.unpack_from("<H", library, 18) == (X86_64,)
    assert entry in library
    assert not any(name in library for name in OF_A_C_LIBRARY)
    assert len(library) < 100_000
