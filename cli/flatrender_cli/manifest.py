"""`flatrender verify-manifest`: is this manifest signed by the service, and is it this result's?"""

import hashlib
import json
import urllib.request
from http.client import HTTPException
from pathlib import Path
from typing import Annotated, Any, Final
from urllib.error import HTTPError, URLError

import typer

from flatrender.kernel.canonical import sha256
from flatrender_cli import endpoints
from flatrender_cli.errors import CliError

SIGNATURE_TYPE: Final = "flatrender-manifest+jws"
FORMAT: Final = "flatrender.manifest/1"
KEYS_PATH: Final = "/.well-known/jwks.json"
SECONDS: Final = 10
MAX_KEYS_BYTES: Final = 1024 * 1024
KEYS: Final = f"Give --keys: the address of the API (or {endpoints.API_VARIABLE}), or a file with its JSON Web Key Set."


class Unverified(CliError):
    """Why a manifest, or the file beside it, is not to be trusted."""


def verified(file: bytes, keys: dict[str, Any]) -> dict[str, Any]:
    """The manifest in a `manifest.json`, signed by one of `keys` (a JSON Web Key Set). Raises Unverified."""
    import jwt

    try:
        envelope = json.loads(file)
        manifest, signature = envelope["manifest"], envelope["signature"]
        header = jwt.get_unverified_header(signature)
        content = sha256(manifest)
        format_name = manifest["format"]
    except (ValueError, KeyError, TypeError, RecursionError, jwt.InvalidTokenError) as error:
        raise Unverified("This is no manifest.") from error
    if header.get("typ") != SIGNATURE_TYPE:
        raise Unverified("The signature is not that of a manifest.")
    known = next((key for key in keys.get("keys", ()) if key.get("kid") == header.get("kid")), None)
    if known is None:
        raise Unverified("The service does not know the key that signed this.")
    try:
        claims = jwt.decode(signature, jwt.PyJWK(known, "RS256"), algorithms=["RS256"])
    except (jwt.InvalidTokenError, jwt.PyJWKError) as error:
        raise Unverified("The signature is not good.") from error
    if claims.get("sha256") != content:
        raise Unverified("The manifest is not the one that was signed: it was changed.")
    if format_name != FORMAT:
        raise Unverified(f"The manifest has the format {format_name!r}; this program reads {FORMAT!r}.")
    return dict(manifest)


def check_file(manifest: dict[str, Any], file: Path) -> None:
    """Raises Unverified when the file is not the result that the manifest is of, CliError when it cannot be read."""
    output = manifest["output"]
    try:
        size = file.stat().st_size
        with file.open("rb") as opened:
            found = hashlib.file_digest(opened, "sha256").hexdigest()
    except OSError as error:
        raise CliError(f"{file} cannot be read: {error.strerror}.") from error
    if size != output["size_bytes"]:
        raise Unverified(f"{file.name} has {size} bytes, the result has {output['size_bytes']}.")
    if found != output["sha256"]:
        raise Unverified(f"{file.name} is not the result of this manifest: its content differs.")


def read_keys(source: str) -> dict[str, Any]:
    """A JSON Web Key Set: from a file, or from the service at an address. Raises CliError."""
    try:
        if source.startswith(("https://", "http://")):
            address = source if source.endswith(".json") else source.rstrip("/") + KEYS_PATH
            with urllib.request.urlopen(address, timeout=SECONDS) as answer:  # noqa: S310 - checked above
                body = answer.read(MAX_KEYS_BYTES)
        else:
            body = Path(source).read_bytes()
        return _key_set(body)
    except (OSError, HTTPException, ValueError, RecursionError) as error:
        raise CliError(f"The keys of the service cannot be read from {source}: {_why(error)}.", hint=KEYS) from error


def _key_set(body: bytes) -> dict[str, Any]:
    """Raises ValueError, RecursionError: this is none."""
    found = json.loads(body)
    keys = found.get("keys") if isinstance(found, dict) else None
    if not isinstance(keys, list) or not all(isinstance(key, dict) for key in keys):
        raise ValueError
    return dict(found)


def _why(error: Exception) -> str:
    """What went wrong, in the words of whoever knows."""
    if isinstance(error, HTTPError):
        return f"it answers {error.code}"
    if isinstance(error, URLError) and isinstance(error.reason, OSError):
        error = error.reason
    if isinstance(error, OSError):
        return error.strerror or str(error) or type(error).__name__
    return str(error) if isinstance(error, HTTPException) else "this is no JSON Web Key Set"


def verify_manifest(
    manifest: Annotated[Path, typer.Argument(help="The manifest.json of a result.")],
    result: Annotated[Path | None, typer.Argument(help="The result itself.")] = None,
    *,
    keys: Annotated[str | None, typer.Option(help="The API's address, or a file with its keys.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was found as JSON.")] = False,
) -> None:
    """Check that a manifest was signed by the service, and that RESULT is the file it is of."""
    try:
        file = manifest.read_bytes()
    except OSError as error:
        raise CliError(f"{manifest} cannot be read: {error.strerror}.") from error
    source = keys or endpoints.known_api()
    if source is None:
        raise CliError(
            "I do not know whose keys to use: --keys is not given and nothing is deployed from here.", hint=KEYS
        )
    found = verified(file, read_keys(source))
    if result is not None:
        check_file(found, result)
    output, job = found["output"], found["job"]
    if as_json:
        told = {"file": output["file"], "job_id": job["id"], "frames": output["frames"], "sha256": output["sha256"]}
        signed = {"created_at": found["created_at"], "issuer": found["issuer"]}
        print(json.dumps({"good": True, "result_checked": result is not None, **told, **signed}))
        return
    print(f"good: {output['file']} of job {job['id']}, {output['frames']} frames, sha256 {output['sha256']}")
    print(f"signed on {found['created_at']}, issuer {found['issuer'] or 'unnamed'}")
