"""What the layers hold besides wheels and sources."""

import struct

from tests.support.functions import ROOT

from flatrender.engine.outputs import bt709

X86_64 = 62
OF_A_C_LIBRARY = (b"GLIBC_", b"libc.so")


def test_the_render_layer_holds_the_compiled_conversion_for_lambda() -> None:
    """For Lambda's processor, whatever machine builds; and without a C library, which could be newer than Lambda's."""
    library = (ROOT / ".build/layers/render/python" / bt709.LIBRARY).read_bytes()
    assert library[:6] == b"\x7fELF\x02\x01"
    assert struct.unpack_from("<H", library, 18) == (X86_64,)
    assert b"bgra_to_420" in library
    assert not any(name in library for name in OF_A_C_LIBRARY)
    assert len(library) < 100_000
