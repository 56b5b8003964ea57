"""How long an answer may be kept, said in the route: `dependencies=[uncached()]`."""

from typing import Any

from flatrender.web.framework import Depends, Response


def uncached() -> Any:
    """For answers that hold secrets: nobody on the way may keep them."""
    return _header("no-store")


def cached(seconds: int) -> Any:
    """For public answers that change seldom."""
    return _header(f"public, max-age={seconds}")


def _header(value: str) -> Any:
    async def write(response: Response) -> None:
        response.headers["Cache-Control"] = value

    return Depends(write)
