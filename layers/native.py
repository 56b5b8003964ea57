"""Compiles our own C, with the clang that the package `ziglang` brings: no compiler of the system is needed.

    python layers/native.py        the libraries for this machine, into .build/lib

Each source becomes a library; the render layer gets those for Lambda. They need no C library, so neither does the
build.
"""

import os
import platform
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCES = sorted((ROOT / "layers/native").glob("*.c"))
LOCK = ROOT / "requirements/native.txt"
COMPILER = ROOT / ".build/native/bin/python"
LIBRARY = "flatrender_{}.so"
"""As `flatrender.engine` looks for them, by the name of the source."""

LAMBDA = "x86_64-linux-none"
TARGETS = {
    ("Linux", "x86_64"): LAMBDA,
    ("Linux", "aarch64"): "aarch64-linux-none",
    ("Darwin", "arm64"): "aarch64-macos-none",
    ("Darwin", "x86_64"): "x86_64-macos-none",
}
FLAGS = (
    "-std=c11", "-O3", "-shared", "-fPIC", "-fvisibility=hidden", "-ffreestanding", "-nostdlib", "-s",
    "-Wall", "-Wextra", "-Werror",
)  # fmt: skip


def host() -> str | None:
    """This machine by zig's names; None for one that the engine does without the library on, slower."""
    return TARGETS.get((platform.system(), platform.machine()))


def compile_for(target: str, folder: Path, *flags: str) -> None:
    """Put the libraries for `target`, a machine by zig's names, into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    caches = {f"ZIG_{scope}_CACHE_DIR": str(COMPILER.parents[1] / "cache") for scope in ("GLOBAL", "LOCAL")}
    compiler = [str(COMPILER), "-m", "ziglang", "cc", "-target", target, *FLAGS, *flags, "-o"]
    for source in SOURCES:
        library = LIBRARY.format(source.stem)
        made = folder / f".{library}.{os.getpid()}"
        try:
            subprocess.run([*compiler, str(made), str(source)], check=True, env={**os.environ, **caches}, cwd=ROOT)
            made.replace(folder / library)
        finally:
            made.unlink(missing_ok=True)


def main() -> None:
    target = host()
    if target:
        compile_for(target, ROOT / ".build/lib")


if __name__ == "__main__":
    main()
