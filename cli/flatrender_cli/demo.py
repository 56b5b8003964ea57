"""`flatrender demo`: a new user's way to a first video, over HTTP and WebSocket only."""

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.markup import escape
from rich.table import Table

from flatrender_cli import journey, mailbox
from flatrender_cli.api import Api
from flatrender_cli.checks import root
from flatrender_cli.clock import Timings
from flatrender_cli.console import errors, out
from flatrender_cli.curl import script
from flatrender_cli.endpoints import Endpoints
from flatrender_cli.errors import CliError
from flatrender_cli.live import Bars, Stopwatch, Watched
from flatrender_cli.watch import Watcher

PHOTOS = (Path("infra/seed/assets/stream.jpg"), Path("infra/seed/assets/mountains.jpg"))
TEMPLATE = "promo"
PROJECT_NAME = "My first video"


@dataclass(frozen=True)
class Outcome:
    """What the demo left behind. `first_message` is the time from submit to the first word on the socket."""

    job_id: str
    video: Path
    poster: Path
    script: Path
    timings: Timings
    first_message: float
    submit_to_published: float


def demo(
    endpoints: Endpoints, photos: tuple[Path, Path], folder: Path, *, title: str, backend: str, as_json: bool
) -> None:
    """Runs the journey and prints what came out."""
    outcome = travel(endpoints, photos, folder, title=title, backend=backend)
    if as_json:
        print(
            json.dumps(
                {
                    "job_id": outcome.job_id,
                    "video": str(outcome.video),
                    "poster": str(outcome.poster),
                    "script": str(outcome.script),
                    "first_message_seconds": round(outcome.first_message, 3),
                    "submit_to_published_seconds": round(outcome.submit_to_published, 3),
                    "steps": {name: round(seconds, 3) for name, seconds in outcome.timings.steps.items()},
                }
            )
        )
        return
    _show(outcome)


def two_photos(given: Sequence[Path]) -> tuple[Path, Path]:
    """The photos to upload: the two that were given, or two of the free ones that come with the repository.

    Raises CliError: one was given, or there are none.
    """
    if given:
        if len(given) != 2:
            raise CliError(f"The demo takes two photos, not {len(given)}.")
        return given[0], given[1]
    repository = root()
    if repository is None:
        raise CliError("There are no photos here to upload.", hint="Give two of yours: --photo A.jpg --photo B.jpg")
    return repository / PHOTOS[0], repository / PHOTOS[1]


def travel(
    endpoints: Endpoints, photos: tuple[Path, Path], folder: Path, *, title: str, backend: str = "auto"
) -> Outcome:
    """All steps, from resolving the tenant to the downloaded video.

    Raises CliError: a step failed.
    """
    if endpoints.mailbox is None:
        raise CliError(
            "There is no mailbox to read the code from.",
            hint="The demo needs the local cloud, or --mailbox with an address like its own.",
        )
    for photo in photos:
        if not photo.is_file():
            raise CliError(f"There is no photo at {photo}.", hint="Give two with --photo.")
    folder.mkdir(parents=True, exist_ok=True)
    api = Api(endpoints.api)
    timings = Timings()
    try:
        with timings.step("register and verify"):
            slug = journey.tenant(api)["slug"]
            email, password = journey.fresh_email(), secrets.token_urlsafe(12)
            registered = journey.register(api, slug, email, password)
            journey.verify(api, registered["token"], mailbox.code_for(endpoints.mailbox, email))
        _tell(f"Registered and verified {email} with the tenant '{slug}'.")
        with timings.step("log in"):
            account = journey.login(api, slug, email, password)
        with timings.step("upload two photos"):
            announced = [journey.start_upload(api, photo) for photo in photos]
            files = [journey.ready(api, file["id"]) for file in announced]
        _tell(
            "Uploaded " + " and ".join(f"{file['filename']} ({file['width']}x{file['height']})" for file in files) + "."
        )
        with timings.step("make a project"):
            template = journey.template_by_code(api, TEMPLATE)
            inputs = fill(template, [file["id"] for file in files], title)
            project = journey.project(api, template["id"], PROJECT_NAME, inputs)
        _tell(f"Made a project from the template '{TEMPLATE}' with {', '.join(inputs)}.")
        request = {"project_id": project["id"], "output": {"resolution": "1080p"}, "backend": backend}
        with timings.step("quote"):
            quote = api.post("/v1/renders/quote", request)
        _tell(_quoted(quote))
        with timings.step("render (submit to published)"):
            job_id, watched = _render(api, endpoints, account.access_token, request)
        with timings.step("download"):
            video, poster = _download(api, job_id, folder)
    finally:
        api.close()
    commands = folder / "demo.sh"
    made = {"name": PROJECT_NAME, "template_id": template["id"], "inputs": inputs}
    text = script(
        endpoints,
        photos=photos,
        pictures=[file["id"] for file in files],
        template=TEMPLATE,
        project=made,
        request=request,
    )
    commands.write_text(text, encoding="utf-8")
    commands.chmod(0o755)
    return Outcome(job_id, video, poster, commands, timings, watched.first, watched.last)


def fill(template: dict[str, Any], pictures: Sequence[str], title: str) -> dict[str, Any]:
    """The template's inputs: pictures into its image inputs in order, the title into its first text."""
    filled: dict[str, Any] = {}
    images = [declared["name"] for declared in template["inputs"] if declared["type"] == "image"]
    texts = [declared["name"] for declared in template["inputs"] if declared["type"] == "text"]
    if len(images) < len(pictures) or not texts:
        raise CliError(f"The template '{template['code']}' does not take {len(pictures)} pictures and a text.")
    filled[texts[0]] = title
    return filled | dict(zip(images, pictures, strict=False))


def _render(api: Api, endpoints: Endpoints, token: str, request: dict[str, Any]) -> tuple[str, Watched]:
    """Submits and watches to the end.

    Raises CliError: the job did not complete, and why.
    """
    with Watcher(endpoints.socket, token) as watcher, Bars() as bars:
        watch = Stopwatch()
        job = journey.submit(api, request)
        closing: dict[str, Any] = {}
        for message in watcher.messages(job["id"]):
            watch.note()
            bars.show(message)
            closing = message
    if closing["type"] != "completed":
        reason = (closing.get("error") or {}).get("message", "")
        raise CliError(f"The render {job['id']} {closing['type']}. {reason}".rstrip())
    return job["id"], watch.watched(closing)


def _download(api: Api, job_id: str, folder: Path) -> tuple[Path, Path]:
    result = api.get(f"/v1/renders/{job_id}")["result"]
    video, poster = folder / "demo.mp4", folder / "demo.jpg"
    api.download(result["video_url"], video)
    api.download(result["poster_url"], poster)
    return video, poster


def _quoted(quote: dict[str, Any]) -> str:
    chunks = quote["chunks"]
    return (
        f"Quote: {quote['duration_seconds']:g} s at {quote['width']}x{quote['height']}, "
        f"{quote['seconds_billable']} of {quote['available_seconds']} render seconds, "
        f"{quote['price_minor'] / 100:.2f} {quote['currency']}, "
        f"{chunks['total']} chunks ({chunks['cached']} cached) on {quote['backend']['name']}."
    )


def _tell(text: str) -> None:
    errors.print(escape(text), highlight=False, soft_wrap=True)


def _show(outcome: Outcome) -> None:
    table = Table("step", "seconds", box=None, header_style="dim", pad_edge=False)
    table.columns[1].justify = "right"
    for name, seconds in outcome.timings.steps.items():
        table.add_row(name, f"{seconds:.2f}")
    table.add_row("of which until the first progress message", f"{outcome.first_message:.2f}", style="dim")
    table.add_row("in all", f"{sum(outcome.timings.steps.values()):.2f}", style="bold")
    out.print(table)
    out.print(f"\nThe same steps with curl (also in {outcome.script}; run it as a whole):\n", highlight=False)
    out.print(outcome.script.read_text(encoding="utf-8"), markup=False, highlight=False, soft_wrap=True)
    out.print(f"Video   {outcome.video.resolve()}", markup=False, highlight=False, soft_wrap=True)
    out.print(f"Poster  {outcome.poster.resolve()}", markup=False, highlight=False, soft_wrap=True)
