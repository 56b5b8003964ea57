"""What a result was made of, written down and signed: with the same engine, tools, files and composition anyone can
make the same chunks again, byte by byte.

`manifest.json` is `{"manifest": {…}, "signature": "…"}`. The signature is a compact JWS (RFC 7515, RS256) over
`{"iss", "sha256"}`, the hash being that of the manifest's canonical JSON (RFC 8785). Its key is one of those at
`/.well-known/jwks.json`, and signs nothing else.
"""

from collections.abc import Iterator, Mapping, Sequence
from html import unescape
from typing import Any, Final

from flatrender.composition import fonts
from flatrender.composition.graphemes import clusters
from flatrender.composition.layers import GroupLayer, Layer
from flatrender.composition.layers_captions import CaptionsLayer
from flatrender.composition.layers_lottie import LottieLayer
from flatrender.composition.layers_text import CounterLayer, TextLayer
from flatrender.composition.outputs import FORMATS
from flatrender.composition.schemas import Composition
from flatrender.composition.version import ENGINE_VERSION, FORMAT
from flatrender.kernel.canonical import canonical, sha256
from flatrender.platform import signing
from flatrender.platform.settings import settings
from flatrender.render.chunk_repository import Cached
from flatrender.render.model import ChunkItem, JobItem
from flatrender.render.order import WorkOrder

MANIFEST_FORMAT: Final = "flatrender.manifest/1"
SIGNATURE_TYPE: Final = "flatrender-manifest+jws"
"""The `typ` of the signature: no token of another kind passes for one, nor this for another."""


def build(  # noqa: PLR0917 - what a manifest is made of
    job: JobItem,
    order: WorkOrder,
    chunks: Sequence[ChunkItem],
    cached: Mapping[str, Cached],
    result: Mapping[str, Any],
    created_at: str,
) -> dict[str, Any]:
    """The manifest of a verified result; `chunks` in timeline order, `cached` what is known of them by key."""
    composition, form = order.composition, FORMATS[order.form]
    made_with: list[dict[str, str]] = []
    sound = next((_part(chunk, cached, made_with) for chunk in chunks if chunk.index < 0), None)
    return {
        "format": MANIFEST_FORMAT,
        "created_at": created_at,
        "issuer": settings().public_api_url,
        "job": {"id": job.job_id, "tenant_id": job.tenant_id, "project_id": job.project_id},
        "engine": {"version": ENGINE_VERSION, "composition_format": FORMAT},
        "output": {
            "file": form.file_name,
            "format": form.name,
            "sha256": result["sha256"],
            "size_bytes": int(result["size_bytes"]),
            "frames": int(job.frames),
            "duration_seconds": float(job.duration),
            "quality": job.quality,
            "frame": order.only,
            "profile": {**order.profile.model_dump(mode="json"), "device": job.device or order.profile.device},
        },
        "composition": {"sha256": sha256(order.document)},
        "watermark": order.watermark,
        "template": order.template.model_dump() if order.template else None,
        "assets": [
            {"id": asset_id, "kind": asset.info.kind, "sha256": asset.info.sha256}
            for asset_id, asset in sorted(order.assets.items())
        ],
        "fonts": used_fonts(composition),
        "chunks": [
            {"first_frame": int(chunk.first_frame), "frames": int(chunk.frames), **_part(chunk, cached, made_with)}
            for chunk in chunks
            if chunk.index >= 0
        ],
        "audio": sound,
        "tools": made_with,
    }


def signed(manifest: Mapping[str, Any]) -> bytes:
    """The file, for whoever the key lets sign."""
    claims = {"iss": manifest["issuer"], "sha256": sha256(manifest)}
    signature = signing.jws(settings().manifest_key_id, SIGNATURE_TYPE, claims)
    return canonical({"manifest": manifest, "signature": signature})


def _part(chunk: ChunkItem, cached: Mapping[str, Cached], made_with: list[dict[str, str]]) -> dict[str, Any]:
    """A chunk's key and hash, and where in `made_with` its tools stand: a cached one may be another machine's work."""
    made = cached[chunk.key].made if chunk.key in cached else None
    if not made:  # a soundtrack in which nothing is heard
        return {"key": chunk.key, "sha256": None, "tools": None}
    if made["tools"] not in made_with:
        made_with.append(made["tools"])
    return {"key": chunk.key, "sha256": made["sha256"], "tools": made_with.index(made["tools"])}


def used_fonts(composition: Composition) -> list[dict[str, Any]]:
    """The faces of every family that the texts are set in, in the order of their names.

    What a file says (captions, Lotties) is not read here: any fallback may have a part in it.
    """
    table, names = fonts.shipped(), set[str]()
    for layer in _layers([*(layer for scene in composition.scenes for layer in scene.layers), *composition.overlays]):
        for family, text in _texts(composition, layer):
            names |= {family, *(fonts.FALLBACK if text is None else _families(table, family, text))}
    return [
        {"family": name, "weight": face.weight, "style": face.style, "sha256": face.sha256}
        for name in sorted(names & table.families.keys())
        for face in sorted(table.families[name].faces, key=lambda face: (face.weight, face.style))
    ]


def _families(table: fonts.FontTable, family: str, text: str) -> set[str]:
    def covers(name: str, character: int) -> bool:
        return name in table.families and table.families[name].covers(character)

    return {found for cluster in set(clusters(text)) if (found := fonts.choose(cluster, family, covers))}


def _layers(layers: Sequence[Layer]) -> Iterator[Layer]:
    for layer in layers:
        yield layer
        if layer.matte is not None:
            yield from _layers([layer.matte.layer])
        if isinstance(layer, GroupLayer):
            yield from _layers(layer.layers)


def _texts(composition: Composition, layer: Layer) -> Iterator[tuple[str, str | None]]:
    """Family and text; None for a text that stands in a file."""

    def family(name: str) -> str:
        if not name.startswith("theme:"):
            return name
        role = composition.theme.fonts.get(name.removeprefix("theme:"))
        return role.family if role else fonts.DEFAULT_FAMILY

    if isinstance(layer, TextLayer):
        for run in layer.runs:
            yield family(run.font or layer.style.font), run.text
    elif isinstance(layer, CounterLayer):
        yield family(layer.style.font), layer.prefix + _DIGITS[layer.digits] + layer.suffix
    elif isinstance(layer, CaptionsLayer):
        if layer.asset is not None:
            yield family(layer.style.font), None
        for _, text in layer.texts():
            yield family(layer.style.font), unescape(text)
    elif isinstance(layer, LottieLayer):
        yield family(layer.font), None


_DIGITS: Final = {"latin": "-0123456789,.", "persian": "-۰۱۲۳۴۵۶۷۸۹٬٫", "arabic": "-٠١٢٣٤٥٦٧٨٩٬٫"}  # noqa: RUF001
