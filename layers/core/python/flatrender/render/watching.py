"""What players load without a token of ours: the playlists of a render under way, and the index of a hover sprite.

Nothing of it is stored. A playlist is made, each time it is asked for, of the chunks that are finished from the
beginning on; so no two writers can disagree about it. The links to it are signed with a secret of the job.
"""

import hmac
import math
import re
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from flatrender.kernel.clock import epoch
from flatrender.platform import storage
from flatrender.render import chunk_repository, closing, repository
from flatrender.render.errors import NothingToWatch, PlaylistExpired, RenderEnded, RenderNotFound, WatchLinkInvalid
from flatrender.render.model import ACTIVE, ChunkItem, JobItem

if TYPE_CHECKING:
    from flatrender.engine.reports import AudioReport, ChunkReport

type Name = Literal["main.m3u8", "video.m3u8", "audio.m3u8", "sprite.vtt"]

LINK_SECONDS: Final = 6 * 3600
"""As long as a job may take."""
PLAYLIST: Final = "application/vnd.apple.mpegurl"
SOUND: Final = "mp4a.40.2"
HEADROOM: Final = 1.2
"""How much more than the chunks known so far a later one may need, in what the playlist says about bandwidth."""
RETRY_SECONDS: Final = 2
PACKET_SECONDS: Final = 1024 / 48_000
"""What one packet of AAC holds."""
_TOKEN: Final = re.compile(r"([0-9a-f-]{36})\.([0-9]{1,12})\.([0-9a-f]{64})")


class Document(NamedTuple):
    body: str
    content_type: str


class Piece(NamedTuple):
    """Bytes of an object, and the seconds that they last."""

    offset: int
    size: int
    seconds: float


class Segments(NamedTuple):
    """How a player fetches an object: its first `header` bytes set up the decoder `codec`, then come pieces."""

    header: int
    codec: str
    pieces: list[Piece]


def of_picture(report: "ChunkReport") -> dict[str, Any]:
    """The segments of a chunk as its cache record keeps them."""
    piece = [report.header_bytes, report.size_bytes - report.header_bytes, report.duration]
    return {"header": report.header_bytes, "codec": report.codec_name, "pieces": [piece]}


def of_sound(report: "AudioReport") -> dict[str, Any] | None:
    """The same for a soundtrack; None for one that is not in pieces."""
    if report.pieces is None:
        return None
    header, scale, fragments = report.pieces
    starts = [fragment.time / scale for fragment in fragments]
    ends = [*starts[1:], report.duration]
    pieces = [
        Piece(fragment.offset, fragment.size, round(end - start, 6))
        for fragment, start, end in zip(fragments, starts, ends, strict=True)
    ]
    return {"header": header, "codec": SOUND, "pieces": [list(piece) for piece in _joined(pieces)]}


def _joined(pieces: Sequence[Piece]) -> list[Piece]:
    """The same bytes with no last piece that is shorter than a packet: it goes with the one before it.

    AAC is delayed by a packet, so the last one begins near the end of the sound or after it, and may open a fragment
    of its own. Players take no piece that lasts nothing or less, and a tiny one would pass for a peak of the bandwidth.
    """
    *before, last = pieces
    while before and last.seconds < PACKET_SECONDS:
        first = before.pop()
        size = last.offset + last.size - first.offset
        last = Piece(first.offset, size, round(first.seconds + last.seconds, 6))
    return [*before, last]


def link(job: JobItem, name: Name) -> str | None:
    """A path below the API's address that works for LINK_SECONDS without a token; None for jobs older than such links.

    No function knows the API's address, for the API knows them all.
    """
    if not job.watch_secret:
        return None
    until = epoch() + LINK_SECONDS
    token = f"{job.tenant_id}.{until}.{_signature(job, until)}"
    return f"/v1/renders/{job.job_id}/watch/{name}?token={token}"


def watchable(job: JobItem) -> bool:
    """Whether there is something to watch or will be: it is under way, or completed and its parts are still kept."""
    return job.status in ACTIVE or (job.status == "completed" and epoch() < _kept_until(job))


def _kept_until(job: JobItem) -> int:
    # Of jobs that completed before it was noted: their chunk items were written after this moment.
    created = int(datetime.fromisoformat(job.created_at).timestamp())
    return created + repository.WORK_KEPT_SECONDS if job.watchable_until is None else int(job.watchable_until)


def document(job_id: str, name: Name, token: str) -> Document:
    """What a player gets at `name`.

    Raises WatchLinkInvalid; RenderNotFound; NothingToWatch while nothing is finished; RenderEnded for a render that
    was cancelled or has failed; PlaylistExpired for a completed one whose parts are gone.
    """
    job = _job(job_id, token)
    if name == "sprite.vtt":
        return Document(_index(job), "text/vtt")
    if not job.hls:
        raise RenderNotFound("This render was not ordered with 'output.hls'.")
    if job.status not in {*ACTIVE, "completed"}:
        raise RenderEnded(f"This render is {job.status}.", status=job.status)
    if not watchable(job):
        raise PlaylistExpired
    # That a part of a completed render is gone is final, so it must not be an old reading that says so.
    _, chunks = chunk_repository.job_and_chunks(job.tenant_id, job_id, consistent=job.status == "completed")
    stream = _Stream(job, chunks)
    body = {"main.m3u8": stream.main, "video.m3u8": stream.video, "audio.m3u8": stream.audio}[name](token)
    # Noted before anything is handed out: whoever cancels from now on pays for what can be watched.
    if name != "main.m3u8" and job.status in ACTIVE and not repository.note_watched(job):
        job = repository.job(job.tenant_id, job_id)
        if job.status != "completed":
            raise RenderEnded(f"This render is {job.status}.", status=job.status)
    return Document(body, PLAYLIST)


def _job(job_id: str, token: str) -> JobItem:
    parts = _TOKEN.fullmatch(token)
    if parts is None or int(parts[2]) < epoch():
        raise WatchLinkInvalid
    job = repository.job(parts[1], job_id)
    if not job.watch_secret or not hmac.compare_digest(_signature(job, int(parts[2])), parts[3]):
        raise WatchLinkInvalid
    return job


def _signature(job: JobItem, until: int) -> str:
    text = f"{job.tenant_id}/{job.job_id}/{until}"
    return hmac.new(job.watch_secret.encode(), text.encode(), "sha256").hexdigest()


class _Stream:
    """The chunks that are finished, from the first on without a gap, and the sound."""

    def __init__(self, job: JobItem, chunks: Sequence[ChunkItem]) -> None:
        self._job = job
        self._pictures = [chunk for chunk in chunks if chunk.index >= 0]
        self._sound = next((chunk for chunk in chunks if chunk.index < 0), None)
        finished = closing.finished(chunks)
        heard = [self._sound.key] if self._sound and self._sound.status == "done" else []
        complete = job.status == "completed"
        known = chunk_repository.streams(job.tenant_id, [chunk.key for chunk in finished] + heard, consistent=complete)
        self._seen: list[tuple[str, Segments]] = []
        for chunk in finished:
            stream = known.get(chunk.key)
            if stream is None:
                break
            self._seen.append((chunk.key, _segments(stream)))
        stream = known.get(heard[0]) if heard else None
        self._heard = _segments(stream) if stream else None
        silent = self._sound is None or (self._sound.key in known and stream is None)
        if complete and len(self._seen) < len(self._pictures):
            raise PlaylistExpired
        if not self._seen or not (silent or self._heard):
            raise PlaylistExpired if complete else NothingToWatch(retry_after_seconds=RETRY_SECONDS)

    def main(self, token: str) -> str:
        """One picture, and one sound beside it."""
        job = self._job
        rate = max(piece.size * 8 / piece.seconds for _, stream in self._seen for piece in stream.pieces)
        codecs = [self._seen[0][1].codec]
        lines = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-INDEPENDENT-SEGMENTS"]
        about = f"RESOLUTION={int(job.width)}x{int(job.height)},FRAME-RATE={int(job.fps):.3f}"
        if self._heard:
            rate += max(piece.size * 8 / piece.seconds for piece in self._heard.pieces)
            codecs.append(self._heard.codec)
            lines.append(
                '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="sound",NAME="Sound",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",'
                f'URI="audio.m3u8?token={token}"'
            )
            about += ',AUDIO="sound"'
        bandwidth = math.ceil(rate * HEADROOM)
        lines.append(f'#EXT-X-STREAM-INF:BANDWIDTH={bandwidth},CODECS="{",".join(codecs)}",{about}')
        return "\n".join([*lines, f"video.m3u8?token={token}", ""])

    def video(self, _: str) -> str:
        """Grows chunk by chunk; complete once the render is."""
        longest = max(int(chunk.frames) / int(self._job.fps) for chunk in self._pictures)
        return self._playlist(self._seen, longest, complete=self._job.status == "completed")

    def audio(self, _: str) -> str:
        """The sound is made in one piece: it is complete when it is there at all."""
        if self._heard is None or self._sound is None:
            raise RenderNotFound("This render has no sound.")
        longest = max(piece.seconds for piece in self._heard.pieces)
        return self._playlist([(self._sound.key, self._heard)], longest, complete=True)

    def _playlist(self, objects: Sequence[tuple[str, Segments]], longest: float, *, complete: bool) -> str:
        lines = [
            "#EXTM3U",
            "#EXT-X-VERSION:7",
            f"#EXT-X-TARGETDURATION:{math.ceil(longest)}",
            "#EXT-X-PLAYLIST-TYPE:EVENT",
            "#EXT-X-MEDIA-SEQUENCE:0",
            "#EXT-X-INDEPENDENT-SEGMENTS",
            "#EXT-X-START:TIME-OFFSET=0,PRECISE=YES",  # players would begin near the end of what still grows
        ]
        # Whoever has the whole list loads it no more, so its links last for twice the time it takes to watch.
        lasting = storage.LINK_SECONDS + 2 * math.ceil(float(self._job.duration))
        for place, (key, stream) in enumerate(objects):
            name = storage.chunk_key(self._job.tenant_id, key)
            if place == 0:
                url = storage.link(name, seconds=lasting)
                lines.append(f'#EXT-X-MAP:URI="{url}",BYTERANGE="{stream.header}@0"')
            for number, piece in enumerate(stream.pieces, start=1):
                # An address of its own for each: FFmpeg stops after the first of several pieces at the same.
                url = storage.link(name, seconds=lasting + number)
                lines += [f"#EXTINF:{piece.seconds:.6f},", f"#EXT-X-BYTERANGE:{piece.size}@{piece.offset}", url]
        if complete:
            lines.append("#EXT-X-ENDLIST")
        return "\n".join([*lines, ""])


def _segments(stored: dict[str, Any]) -> Segments:
    pieces = [Piece(int(offset), int(size), float(seconds)) for offset, size, seconds in stored["pieces"]]
    # Joined here as well, for records that say otherwise stay in use for weeks.
    return Segments(int(stored["header"]), str(stored["codec"]), _joined(pieces))


def _index(job: JobItem) -> str:
    """WebVTT: for each moment, which part of the sprite shows it."""
    sheet = (job.result or {}).get("sprite") if job.status == "completed" else None
    if not sheet:
        raise RenderNotFound("This render has no sprite.")
    duration = float(job.duration)
    url = storage.link(storage.result_prefix(job.tenant_id, job.job_id) + "sprite.jpg", seconds=LINK_SECONDS)
    wide, tall, columns = int(sheet["width"]), int(sheet["height"]), int(sheet["columns"])
    lines = ["WEBVTT", ""]
    for place in range(int(sheet["count"])):
        start = place * float(sheet["interval"])
        end = min(duration, start + float(sheet["interval"]))
        x, y = place % columns * wide, place // columns * tall
        lines += [f"{_time(start)} --> {_time(end)}", f"{url}#xywh={x},{y},{wide},{tall}", ""]
    return "\n".join(lines)


def _time(seconds: float) -> str:
    milliseconds = round(seconds * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{rest // 1000:02d}.{rest % 1000:03d}"
