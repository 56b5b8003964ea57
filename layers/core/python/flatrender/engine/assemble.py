"""Puts encoded chunks and the soundtrack into one file without decoding: packets get new times, frames stay."""

import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Any, Final

import av
from av.container.input import InputContainer
from av.container.output import OutputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from flatrender.engine.encode import replacing
from flatrender.engine.faults import AssemblyFailed

type AnyPacket = Packet[Any]

ALPHA: Final = "alpha_mode"
"""How Matroska says that a second picture in each packet is the alpha of the first."""
OPTIONS: Final[Mapping[str, Mapping[str, str]]] = {
    "mp4": {"movflags": "+faststart+use_metadata_tags"},
    "mov": {"movflags": "+faststart+write_colr"},
    "webm": {"cues_to_front": "1"},
}
"""Ready for streaming: the index comes first."""


def assemble(
    chunks: Iterable[Path],
    audio: Path | None,
    out: Path,
    container: str = "mp4",
    counts: Sequence[int] | None = None,
) -> None:
    """Write `chunks` (in timeline order) and `audio` to `out`, ready for streaming: the index comes first.

    `counts` says how many frames each chunk must have; without it that is what the chunk says itself, if it does.
    Each is asked for when the one before has been read, and must be there only until the next is asked for. Memory does
    not grow with the length. Raises AssemblyFailed when a part cannot be read, was encoded with other
    settings than the first, or has a hole.
    """
    rest = iter(chunks)
    start = next(rest, None)
    if start is None:
        raise AssemblyFailed("There is no chunk to assemble.")
    try:
        with replacing(out) as partial, ExitStack() as stack:
            first = stack.enter_context(av.open(str(start)))
            template = _video_of(first, start)
            sound = stack.enter_context(av.open(str(audio))) if audio else None
            target = stack.enter_context(av.open(str(partial), "w", format=container, options=dict(OPTIONS[container])))
            video_stream = target.add_stream_from_template(template, opaque=True)
            video_stream.time_base = template.time_base
            if container != "webm":  # hvc1 and ap4h are other names than FFmpeg would choose
                video_stream.codec_context.codec_tag = template.codec_context.codec_tag
            if ALPHA in template.metadata:
                video_stream.codec_context.pix_fmt = "yuva420p"  # by which the muxer knows
            packets: list[Iterator[AnyPacket]] = [_video_packets(chain([start], rest), template, video_stream, counts)]
            if sound:
                if not sound.streams.audio:
                    raise AssemblyFailed(f"{audio} has no sound.")
                packets.append(_audio_packets(sound, target))
            # in order of time, so that players need not seek between sound and picture
            for packet in heapq.merge(*packets, key=_decoding_time):
                target.mux(packet)
    except av.error.FFmpegError as error:
        raise AssemblyFailed(f"A part of the video cannot be read or written: {error}") from error


def _video_of(chunk: InputContainer, path: Path) -> VideoStream:
    if not chunk.streams.video:
        raise AssemblyFailed(f"Chunk {path.name} has no picture.")
    return chunk.streams.video[0]


def _settings(stream: VideoStream) -> tuple[Any, ...]:
    """What must be equal in all chunks."""
    context = stream.codec_context
    headers = bytes(context.extradata or b"")
    return context.name, headers, stream.width, stream.height, stream.average_rate, stream.metadata.get(ALPHA)


def _video_packets(
    chunks: Iterable[Path], template: VideoStream, target: VideoStream, counts: Sequence[int] | None
) -> Iterator[AnyPacket]:
    """The packets of all chunks, with the timestamps they have in the whole, counted in frames.

    Decoding order is counted through: frame n of the stream is decoded `delay` frames before its turn. So it does not
    matter how each muxer wrote the start of a chunk, and a chunk shorter than the encoder's delay fits as well.
    """
    rate = Fraction(template.average_rate.numerator, template.average_rate.denominator)
    delay = template.codec_context.reorder_depth
    expected = _settings(template)
    decoded = shown_before = 0
    for place, path in enumerate(chunks):
        with av.open(str(path)) as chunk:
            stream = _video_of(chunk, path)
            if _settings(stream) != expected:
                raise AssemblyFailed(f"Chunk {path.name} was encoded with other settings than the first.")
            shown = start = 0
            for packet in chunk.demux(stream):
                if packet.pts is None:  # the demuxer's end mark
                    continue
                if not shown:
                    start = packet.pts
                    if not packet.is_keyframe:
                        raise AssemblyFailed(f"Chunk {path.name} does not start with a key frame.")
                packet.pts = shown_before + round((packet.pts - start) * stream.time_base * rate)
                packet.dts = decoded - delay
                packet.duration = 1
                packet.time_base = 1 / rate
                if packet.pts < max(packet.dts, shown_before):
                    raise AssemblyFailed(f"Chunk {path.name} is damaged: a frame comes after its time.")
                packet.stream = target
                yield packet
                shown += 1
                decoded += 1
            wanted = counts[place] if counts else stream.frames or shown
            if shown == 0 or shown != wanted:
                raise AssemblyFailed(f"Chunk {path.name} is cut off: {shown} of {wanted} frames are there.")
            shown_before += shown


def _audio_packets(sound: InputContainer, target: OutputContainer) -> Iterator[AnyPacket]:
    source = sound.streams.audio[0]
    stream = target.add_stream_from_template(source, opaque=True)
    stream.time_base = source.time_base

    def packets() -> Iterator[AnyPacket]:
        for packet in sound.demux(source):
            if packet.dts is not None:
                packet.stream = stream
                yield packet

    return packets()


def _decoding_time(packet: AnyPacket) -> float:
    return float((packet.dts or 0) * packet.time_base)
