"""Builds the Lambda layers from the locks into .build/layers: a folder and a zip for each of core, deps, render, fonts.

    python layers/build.py [NAME ...]      with UV naming the uv to use

A layer is built again only when its lock, its sources or this file changed. The zips are reproducible: the same input
gives the same bytes, so a deployment uploads only what is new.
"""

import compileall
import hashlib
import json
import os
import py_compile
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterable
from pathlib import Path

import native
from elf import compact
from shared_libraries import bundle

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / ".build/layers"
CORE = ROOT / "layers/core/python/flatrender"
LAYERS = ("core", "deps", "render", "fonts")
PLATFORM = "x86_64-manylinux_2_34"  # Amazon Linux 2023, which Lambda runs Python 3.13 on, has glibc 2.34
MAX_PARALLEL_COMPILERS = 2

# What a function never reads: tests, type stubs, headers, command-line tools.
UNUSED_FOLDERS = ("**/tests", "**/__pycache__", "**/include", "bin", "numpy/f2py", "av/include", "pydantic/v1")
UNUSED_SUFFIXES = {".pyi", ".pxd", ".pyx", ".h", ".c", ".cpp", ".a", ".lib", ".md", ".rst"}

# The AWS services that functions call; botocore describes 400 of them in 30 MB.
AWS_SERVICES = {
    "apigatewaymanagementapi",
    "batch",
    "cloudwatch",
    "dynamodb",
    "events",
    "kms",
    "lambda",
    "logs",
    "s3",
    "scheduler",
    "secretsmanager",
    "ses",
    "sesv2",
    "sns",
    "sqs",
    "ssm",
    "stepfunctions",
    "sts",
    "xray",
}


def build(name: str) -> bool:
    """Build one layer; False when it was up to date."""
    folder, stamp = OUT / name, OUT / f"{name}.stamp"
    archive = OUT / f"{name}.zip"
    fingerprint = _fingerprint(_inputs(name))
    if archive.exists() and stamp.exists() and stamp.read_text() == fingerprint:
        return False
    stamp.unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    if name == "fonts":
        shutil.copytree(ROOT / "layers/fonts", folder / "fonts", dirs_exist_ok=True)
    elif name == "core":
        shutil.copytree(CORE, folder / "python/flatrender", ignore=shutil.ignore_patterns("__pycache__", ".*"))
    else:
        _install(ROOT / "requirements" / ("app.txt" if name == "deps" else "render.txt"), folder / "python")
        _strip(folder / "python")
    if name == "render":
        native.compile_for(native.LAMBDA, folder / "python")
        bundle(folder)
    _compile(folder)
    _archive(folder, archive)
    stamp.write_text(fingerprint)
    return True


def _inputs(name: str) -> Iterable[Path]:
    tools = ("elf", "native", "shared_libraries")
    yield from (Path(__file__), *(Path(__file__).with_name(f"{tool}.py") for tool in tools))
    if name == "render":
        yield from (*native.SOURCES, native.LOCK)
    sources = {
        "core": CORE,
        "fonts": ROOT / "layers/fonts",
        "deps": ROOT / "requirements/app.txt",
        "render": ROOT / "requirements/render.txt",
    }
    source = sources[name]
    if source.is_dir():
        yield from (path for path in source.rglob("*") if path.is_file() and path.suffix != ".pyc")
    else:
        yield source


def _fingerprint(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(paths):
        digest.update(f"{path.relative_to(ROOT)}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _install(lock: Path, target: Path) -> None:
    uv = os.environ.get("UV") or shutil.which("uv") or str(ROOT / ".build/tools/bin/uv")
    command = [uv, "pip", "install", "--quiet", "--no-deps", "--require-hashes", "--only-binary", ":all:"]
    command += ["--python-version", "3.13", "--python-platform", PLATFORM, "--link-mode", "copy"]
    subprocess.run([*command, "--target", str(target), "-r", str(lock)], check=True, cwd=ROOT)


def _strip(packages: Path) -> None:
    for pattern in UNUSED_FOLDERS:
        for folder in list(packages.glob(pattern)):
            shutil.rmtree(folder, ignore_errors=True)
    for path in packages.rglob("*"):
        if path.suffix in UNUSED_SUFFIXES and path.is_file() and ".dist-info" not in str(path.parent):
            path.unlink()
    for data in (packages / "botocore/data", packages / "boto3/data"):
        for service in [path for path in data.glob("*") if path.is_dir() and path.name not in AWS_SERVICES]:
            shutil.rmtree(service)
    for library in packages.rglob("*.so*"):
        compact(library)
    for installer in packages.glob("*.dist-info/RECORD"):
        installer.unlink()
    (packages / ".lock").unlink(missing_ok=True)


def _compile(folder: Path) -> None:
    """Byte code beside the sources, never checked against them: the zip's file times mean nothing."""
    compileall.compile_dir(
        folder,
        quiet=2,
        workers=MAX_PARALLEL_COMPILERS,
        stripdir=str(folder),
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
    )


def _archive(folder: Path, archive: Path) -> None:
    partial = archive.with_suffix(".partial")
    with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as out:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), date_time=(1980, 1, 1, 0, 0, 0))
                entry.external_attr = (path.stat().st_mode & 0o777 | 0o444) << 16
                entry.compress_type = zipfile.ZIP_DEFLATED
                out.writestr(entry, path.read_bytes(), compresslevel=1)
    partial.replace(archive)


def size(folder: Path) -> int:
    """Unpacked bytes."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def main() -> None:
    wanted = sys.argv[1:] or LAYERS
    OUT.mkdir(parents=True, exist_ok=True)
    built = {name: build(name) for name in wanted}
    sizes = {name: round(size(OUT / name) / 1e6, 1) for name, new in built.items() if new}
    if sizes:
        print(f"layers built, MB unpacked: {json.dumps(sizes)}")


if __name__ == "__main__":
    main()
