"""What this machine must have, one check each. A check returns what it found and never raises."""

import ctypes.util
import json
import os
import platform
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import httpx

from flatrender_cli import endpoints
from flatrender_cli.errors import CliError

type State = Literal["ok", "missing", "note"]
"""`missing` must be mended for `make demo` and `make test` to work; a `note` need not."""

NEEDED_GIB = 4
MAX_PORT = 65_536
NO_SUCH_DEVICE = 3
"""What looking for a device ends with where FLATRENDER_DEVICE names none."""


@dataclass(frozen=True)
class Finding:
    """What a check saw, and the command that mends it."""

    name: str
    state: State
    found: str
    mend: str | None = None


def root() -> Path | None:
    """The repository that this program lies in, wherever it was started; None where it lies in none."""
    here = Path(__file__).resolve()
    return next((folder for folder in here.parents if (folder / "infra/header.yaml").is_file()), None)


def findings() -> Iterator[Finding]:
    """Runs the checks one after another."""
    checks: tuple[Callable[[], Finding], ...] = (
        _python,
        lambda: _command("make", "apt-get install make"),
        lambda: _command("git", "apt-get install git"),
        _uv,
        _disk,
        lambda: _library("EGL", "libegl1"),
        lambda: _library("GL", "libgl1"),
        _engine,
        _device,
        _fonts,
        _port,
        _deployment,
    )
    for check in checks:
        yield check()


def _python() -> Finding:
    # The bootstrap needs any python3; what runs us is the one that uv brought, or the same.
    if not shutil.which("python3"):
        return Finding("python3", "missing", "not found", "apt-get install python3")
    return Finding("python3", "ok", f"{platform.python_version()} at {sys.executable}")


def _command(name: str, mend: str) -> Finding:
    path = shutil.which(name)
    return Finding(name, "ok", path) if path else Finding(name, "missing", "not found", mend)


def _uv() -> Finding:
    repository = root()
    own = sorted(repository.glob(".build/*/bin/uv")) if repository else []
    path = os.environ.get("UV") or (str(own[0]) if own else shutil.which("uv"))
    if path:
        return Finding("uv", "ok", path)
    return Finding("uv", "missing", "not found", "make setup")


def _disk() -> Finding:
    free = shutil.disk_usage(root() or Path.cwd()).free / 2**30
    found = f"{free:.1f} GiB free"
    if free >= NEEDED_GIB:
        return Finding("disk", "ok", found)
    return Finding("disk", "missing", found, f"free some: environments, layers and renders take {NEEDED_GIB} GiB")


def _library(name: str, package: str) -> Finding:
    path = ctypes.util.find_library(name)
    if path:
        return Finding(f"lib{name}", "ok", path)
    return Finding(f"lib{name}", "missing", "not found; skia does not load without it", f"apt-get install {package}")


def _engine() -> Finding:
    # In a process of its own: a missing library must not take this command down with it.
    code = "import flatrender.engine.render, skia, av; print(f'skia {skia.__version__}, PyAV {av.__version__}')"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, env=_environment())
    if run.returncode == 0:
        return Finding("render engine", "ok", run.stdout.strip())
    reason = (run.stderr.strip().splitlines() or [f"ended with {run.returncode}"])[-1]
    return Finding("render engine", "missing", reason, "make setup")


def _device() -> Finding:
    # Also apart: a driver may crash.
    code = (
        "from flatrender.engine.gpu.devices import DeviceUnknown, probe\n"
        "try: found = probe(); print(f'{found.name}: {found.reason}')\n"
        f"except DeviceUnknown as error: print(error); raise SystemExit({NO_SUCH_DEVICE})"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, env=_environment())
    if run.returncode == 0:
        return Finding("device", "ok", run.stdout.strip())
    if run.returncode == NO_SUCH_DEVICE:
        return Finding("device", "missing", run.stdout.strip(), "unset FLATRENDER_DEVICE")
    return Finding("device", "note", f"looking for a GPU ended with {run.returncode}", "export FLATRENDER_DEVICE=cpu")


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}


def _fonts() -> Finding:
    repository = root()
    named = os.environ.get("FONTS_DIR")
    folder = Path(named) if named else repository / "layers/fonts" if repository else None
    if folder is None:
        return Finding("fonts", "missing", "not in the repository", "export FONTS_DIR=…/layers/fonts")
    try:
        fonts = json.loads((folder / "fonts.json").read_text(encoding="utf-8"))["fonts"]
        there = sum((folder / font["file"]).is_file() for font in fonts)
    except (OSError, ValueError, KeyError, TypeError):
        fonts, there = [], 0
    if fonts and there == len(fonts):
        return Finding("fonts", "ok", f"{there} in {folder}")
    mend = "unset FONTS_DIR" if named and repository else "git checkout -- layers/fonts"
    return Finding("fonts", "missing", f"{there} of {len(fonts)} in {folder}" if fonts else f"none in {folder}", mend)


def _port() -> Finding:
    given = os.environ.get(endpoints.PORT_VARIABLE, endpoints.DEFAULT_PORT)
    if not given.isdecimal() or not 0 < int(given) < MAX_PORT:
        return Finding("port", "missing", f"{given!r} is no port", f"unset {endpoints.PORT_VARIABLE}")
    port = int(given)
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            taken = True
        else:
            taken = False
    name = f"port {port}"
    if not taken:
        return Finding(name, "ok", "free")
    try:
        ours = httpx.get(f"http://127.0.0.1:{port}/_localstack/health", timeout=3).is_success
    except httpx.HTTPError:
        ours = False
    if ours:
        return Finding(name, "ok", "the local cloud answers there")
    return Finding(name, "missing", "taken by another program", f"make up FLATRENDER_PORT={port + 1}")


def _deployment() -> Finding:
    name = "deployed system"
    try:
        where = endpoints.resolve()
        answer = httpx.get(f"{where.api}/v1/health", timeout=5)
    except CliError as error:
        return Finding(name, "note", error.message, "make up")
    except httpx.HTTPError as error:
        return Finding(name, "note", f"does not answer: {error or type(error).__name__}", "make up")
    if answer.is_success:
        return Finding(name, "ok", where.api)
    return Finding(name, "note", f"answers {answer.status_code} at {where.api}", "make up")
