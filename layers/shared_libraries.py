"""The shared libraries that skia links and Lambda's Linux lacks (OpenGL's and EGL's dispatchers, X11's client side).

They are taken from the building machine, where the same packages must be anyway for the engine to run: on Debian
`apt-get install libgl1 libegl1`. Lambda looks for them in /opt/lib, so they go into `lib` of the layer. skia loads
them, but on the raster path calls nothing of them.

A library built for a newer C library than Lambda's would not load there. That does not matter to the local cloud, so
it is no fault of the build; `undeployable` tells, and a deployment to AWS refuses such a layer.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

LAMBDA_GLIBC = (2, 34)
"""Amazon Linux 2023's."""

# Part of every Linux, or of Lambda's: taking the building machine's would break the C library.
PROVIDED = re.compile(
    r"^(ld-linux|libc|libm|libdl|libpthread|librt|libgcc_s|libstdc\+\+|libz|libutil|libresolv|linux-vdso)[-.]"
)
_GLIBC = (2, 34)
"""Amazon Linux 2023's."""

# Part of every Linux, or of Lambda's: taking the building machine's would break the C library.
PROVIDED = re.compile(
    r"^(ld-linux|libc|libm|libdl|libpthread|librt|libgcc_s|libstdc\+\+|libz|libutil|libresolv|linux-vdso)[-.]"
)
_GLIBC = re.compile(rb"GLIBC_(\d+)\.(\d+)")


def bundle(layer: Path) -> None:
    """Copy into `layer/lib` what the extension modules under `layer/python` need and do not bring."""
    target = layer / "lib"
    target.mkdir(exist_ok=True)
    for extension in sorted((layer / "python").glob("*.so")):
        for name, path in _linked(extension).items():
            if path is None:
                sys.exit(f"{extension.name} needs {name}. On Debian: apt-get install libgl1 libegl1")
            if PROVIDED.match(name) or layer in path.parents:
                continue
            shutil.copyfile(path.resolve(), target / name)


def _linked(extension: Path) -> dict[str, Path | None]:
    """Every library that loading `extension` pulls in, and where this machine has it."""
    found: dict[str, Path | None] = {}
    listing = subprocess.run(["ldd", str(extension)], capture_output=True, text=True, check=True).stdout  # noqa: S607
    for line in listing.splitlines():
        name, arrow, rest = line.strip().partition(" => ")
        if arrow:
            path = rest.split(" (")[0]
            found[name] = None if path == "not found" else Path(path).absolute()
    return found


def undeployable(layer: Path) -> list[str]:
    """What in `layer/lib` would not load on Lambda, a sentence each."""
    return [
        f"{library.name} needs glibc {'.'.join(map(str, wanted))}, and Lambda has {'.'.join(map(str, LAMBDA_GLIBC))}: "
        "build the render layer on Amazon Linux 2023, or on another system that is no newer."
        for library in sorted((layer / "lib").glob("*"))
        if (wanted := _glibc(library)) > LAMBDA_GLIBC
    ]


def _glibc(library: Path) -> tuple[int, int]:
    """The newest version of the C library that `library` was linked with."""
    return max(((int(a), int(b)) for a, b in _GLIBC.findall(library.read_bytes())), default=(0, 0))
