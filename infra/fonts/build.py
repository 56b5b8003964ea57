"""Makes the files of layers/fonts that are no plain copies, from published packages, byte for byte the same each time.

    python infra/fonts/build.py [--check]

Needs fonttools and brotli (requirements/dev.in), `apt-get` of Debian 12 and `npm`. `--check` writes nothing and fails
when a file differs. Afterwards run `python -m flatrender.engine.fonts_manifest`.
"""

import argparse
import hashlib
import io
import logging
import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

FONTS = Path(__file__).resolve().parents[2] / "layers/fonts"

# Debian package = version: sha256 of the .deb
DEBIAN = {
    "fonts-noto-core=20201225-1": "58f4f0bb6720f919f92096b3508e1412a0f1544424ade6c5b5bf1eb694dd64ba",
    "fonts-noto-cjk=1:20220127+repack1-1": "4a2515eb6db3978b897fef9709ed0d2b1f4c6c4df4d83d6c4ef65f71f1b1f502",
}
# npm package@version: sha256 of the tarball
NPM = {
    "@fontsource/noto-color-emoji@5.3.2": "1bd31f2fb1616c9da2892e385ff9a95a446cecbc045e1354e6b8a64389f77b96",
    "@expo-google-fonts/anton@0.4.2": "ea9320152f74c151575a49d8712011ec49681e5008db71df5a8cad94ae88133b",
    "@expo-google-fonts/bebas-neue@0.4.1": "a4f04895fbabc48ba3a0cff976bb8b9ba2078cf48dd0b63a73fc538e7e6326a0",
    "@expo-google-fonts/caveat@0.4.2": "83d530c10d893c03c5d2e2c1a7c52532ffb4de7eb8d8cfcf81bad0dfedfc959f",
    "@expo-google-fonts/jetbrains-mono@0.4.1": "aead50085a2d56fffdac882c5945f9fc4e4785ccb5c8d6f1988f21faa1737c9a",
}
# A word list for lines of Thai, which has no spaces between words: ICU's, as PyPI's pythainlp carries it.
PYPI = {"pythainlp==5.4.0": "9239753df877202da1a50dd2842d9569eff764034f31f20222b3df4def5df193"}

NOTO = "usr/share/fonts/truetype/noto"
PLAIN = {
    f"NotoSans{script}-{face}.ttf": ("fonts-noto-core", f"{NOTO}/NotoSans{script}-{face}.ttf")
    for script in ("Devanagari", "Thai", "Hebrew")
    for face in ("Regular", "Bold")
} | {
    "Anton-Regular.ttf": ("anton", "package/400Regular/Anton_400Regular.ttf"),
    "BebasNeue-Regular.ttf": ("bebas-neue", "package/400Regular/BebasNeue_400Regular.ttf"),
    "Caveat-Regular.ttf": ("caveat", "package/400Regular/Caveat_400Regular.ttf"),
    "Caveat-Bold.ttf": ("caveat", "package/700Bold/Caveat_700Bold.ttf"),
    "JetBrainsMono-Regular.ttf": ("jetbrains-mono", "package/400Regular/JetBrainsMono_400Regular.ttf"),
    "JetBrainsMono-Bold.ttf": ("jetbrains-mono", "package/700Bold/JetBrainsMono_700Bold.ttf"),
}
LICENCES = {
    "Anton-OFL.txt": "anton",
    "BebasNeue-OFL.txt": "bebas-neue",
    "Caveat-OFL.txt": "caveat",
    "JetBrainsMono-OFL.txt": "jetbrains-mono",
}
NOTO_COPYRIGHT = "Copyright 2010-2020 Google Inc., Google LLC. Noto is a trademark of Google Inc."
CJK_COPYRIGHT = "Copyright 2014-2021 Adobe (http://www.adobe.com/). Noto is a trademark of Google Inc."
SIMPLIFIED_FACE = 2  # of the collection: Noto Sans CJK SC, the forms of mainland China; `locl` has those of the others
CJK_SCRIPTS = [f"{script}.{language}" for script in ("DFLT", "hani", "kana", "hang", "latn")
               for language in ("dflt", "JAN", "KOR", "ZHH", "ZHS", "ZHT")]  # fmt: skip


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--check", action="store_true")
    check = arguments.parse_args().check
    logging.getLogger("fontTools").setLevel(logging.ERROR)
    wrong = []
    with tempfile.TemporaryDirectory() as scratch:
        for name, data in _files(Path(scratch)):
            path = FONTS / name
            if check and (not path.is_file() or path.read_bytes() != data):
                wrong.append(name)
            elif not check:
                path.write_bytes(data)
                print(f"{name}: {len(data) / 1e6:.2f} MB")
    if wrong:
        sys.exit(f"not what the recipe makes: {', '.join(wrong)}")


def _files(scratch: Path) -> Iterator[tuple[str, bytes]]:
    packages = _fetch(scratch)
    for name, (package, inner) in PLAIN.items():
        yield name, _trimmed(packages[package] / inner)
    for name, package in LICENCES.items():
        yield name, (packages[package] / "package/LICENSE_FONT").read_bytes()
    emoji = packages["noto-color-emoji"] / "package"
    copyright_line, _, terms = (emoji / "LICENSE").read_text("utf-8").partition("\n")
    yield "NotoColorEmoji-OFL.txt", f"{copyright_line}\n{terms}".encode()
    # Debian's packages state the licence in their own words; the terms are the same.
    yield "NotoSans-OFL.txt", f"{NOTO_COPYRIGHT}\n{terms}".encode()
    yield "NotoSansCJK-OFL.txt", f"{CJK_COPYRIGHT}\n{terms}".encode()
    cjk = packages["fonts-noto-cjk"] / "usr/share/fonts/opentype/noto"
    for face in ("Regular", "Bold"):
        yield f"NotoSansCJK-{face}.otf", _cjk(cjk / f"NotoSansCJK-{face}.ttc")
    yield "NotoColorEmoji-Regular.ttf", _emoji(emoji / "files")
    yield "thai-words.txt", _words((packages["pythainlp"] / "pythainlp/corpus/icubrk_th.txt").read_bytes())


def _words(source: bytes) -> bytes:
    """The list with the licence at its head, without its authors' notes about single words."""
    lines = source.splitlines(keepends=True)
    head = next(number for number, line in enumerate(lines) if not line.startswith(b"#"))
    return b"".join([*lines[:head], *(line for line in lines[head:] if not line.lstrip().startswith(b"#"))])


def _fetch(scratch: Path) -> dict[str, Path]:
    """The packages by short name, unpacked."""
    unpacked = {}
    for package, sha256 in DEBIAN.items():
        name = package.partition("=")[0]
        _run(["apt-get", "download", "-qq", package], scratch)
        archive = next(scratch.glob(f"{name}_*.deb"))
        unpacked[name] = _checked(archive, sha256).with_suffix("")
        _run(["dpkg-deb", "-x", str(archive), str(unpacked[name])], scratch)
    for package, sha256 in NPM.items():
        name = package.split("/")[-1].partition("@")[0]
        archive = scratch / _run(["npm", "pack", "--silent", package], scratch).strip()
        unpacked[name] = _checked(archive, sha256).with_suffix("")
        with tarfile.open(archive) as opened:
            opened.extractall(unpacked[name], filter="data")
    for package, sha256 in PYPI.items():
        name = package.partition("==")[0]
        unpacked[name] = scratch / name
        (scratch / "wanted.txt").write_text(f"{package} --hash=sha256:{sha256}\n")
        uv = os.environ.get("UV") or str(FONTS.parents[1] / ".build/tools/bin/uv")
        command = [uv, "pip", "install", "--quiet", "--no-deps", "--require-hashes", "--only-binary", ":all:"]
        _run([*command, "--target", str(unpacked[name]), "-r", "wanted.txt"], scratch)
    return unpacked


def _run(command: list[str], folder: Path) -> str:
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


def _checked(archive: Path, sha256: str) -> Path:
    if hashlib.sha256(archive.read_bytes()).hexdigest() != sha256:
        sys.exit(f"{archive.name} is not the package that this recipe was written for")
    return archive


def _subset(path: Path, characters: Iterable[int] | None, **options: object) -> bytes:
    """The font with these characters (None: all of its own) and without hints, which video does not use."""
    chosen = subset.Options(hinting=False, notdef_outline=True, name_IDs=[0, 1, 2, 3, 4, 5, 6, 13, 14], **options)
    font = subset.load_font(str(path), chosen)
    subsetter = subset.Subsetter(chosen)
    subsetter.populate(unicodes=font.getBestCmap() if characters is None else characters)
    subsetter.subset(font)
    out = io.BytesIO()
    subset.save_font(font, out, chosen)
    return out.getvalue()


def _trimmed(path: Path) -> bytes:
    return _subset(path, None, layout_features=["*"])


def _cjk(path: Path) -> bytes:
    """GB 2312, JIS X 0208, Big5 level 1 and the Hangul of KS X 1001, horizontal only, in the forms of mainland China,
    Taiwan, Hong Kong, Japan and Korea.
    """
    features = ["ccmp", "locl", "liga", "ljmo", "vjmo", "tjmo", "mark", "mkmk"]
    tables = ["vhea", "vmtx", "VORG", "BASE", "DSIG"]
    return _subset(
        path,
        cjk_characters(),
        layout_features=features,
        layout_scripts=CJK_SCRIPTS,
        drop_tables=tables,
        font_number=SIMPLIFIED_FACE,
    )


def cjk_characters() -> set[int]:
    trail = [*range(0x40, 0x7F), *range(0xA1, 0xFF)]
    hangul = {c for c in _encoded("euc_kr", range(0xA1, 0xFF), trail) if 0xAC00 <= c <= 0xD7A3}
    return (
        {*range(0x20, 0x7F), *range(0xA0, 0x100), *range(0x3131, 0x318F)}
        | _encoded("gb2312", range(0xA1, 0xF8), trail)
        | _encoded("euc_jp", range(0xA1, 0xFF), trail)
        | _encoded("big5", range(0xA1, 0xC7), trail)
        | hangul
    )


def _encoded(codec: str, leads: Iterable[int], trails: Iterable[int]) -> set[int]:
    """The characters that two bytes mean in a code table."""
    pairs = (bytes((lead, trail)).decode(codec, "ignore") for lead in leads for trail in trails)
    return {ord(text) for text in pairs if len(text) == 1}


def _emoji(files: Path) -> bytes:
    """The vector glyphs (COLR version 1) of the font; its second copy of them as SVG pictures is left out."""
    font = TTFont(files / "noto-color-emoji-emoji-400-normal.woff2", recalcTimestamp=False)
    del font["SVG "]
    font.flavor = None
    out = io.BytesIO()
    font.save(out)
    return out.getvalue()


if __name__ == "__main__":
    main()
