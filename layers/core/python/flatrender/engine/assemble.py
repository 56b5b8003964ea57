"""Puts encoded chunks and the soundtrack into one MP4 without decoding: packets get new times, frames stay the same."""

import heapq
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import av
from av.container.input import InputContainer
from av.container.output import OutputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from flatrender.engine.encode import replacing
from flatrender.engine.faults import AssemblyFailed

type AnyPacket = Packet[Any]


def assemble(chunks: Sequence[Path], audio: Path | None, out: Path) -> None:
    """Write `chunks` (MP4, in timeline order) and `audio` (M4A) to `out`, ready for streaming: the index comes first.

    Memory does not grow with the length. Raises AssemblyFailed when a part cannot be read, was encoded with other
    settings than the first, or has a hole.
    """
    if not chunks:
        raise AssemblyFailed("There is no chunk to assemble.")
    try:
        with replacing(out) as partial, ExitStack() as stack:
            first = stack.enter_context(av.open(str(chunks[0])))
            template = _video_of(first, chunks[0])
            sound = stack.enter_context(av.open(str(audio))) if audio else None
            target = stack.enter_context(
                av.open(str(partial), "w", format="mp4", options={"movflags": "+faststart+use_metadata_tags"})
            )
            video_stream = target.add_stream_from_template(template)
            video_stream.time_base = template.time_base
            packets: list[Iterator[AnyPacket]] = [_video_packets(chunks, template, video_stream)]
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


def _video_packets(chunks: Sequence[Path], template: VideoStream, target: VideoStream) -> Iterator[AnyPacket]:
    """The packets of all chunks, with the timestamps they have in the whole.

    Decoding order is counted through: frame n of the stream is decoded `delay` frames before its turn. So it does not
    matter how each muxer wrote the start of a chunk, and a chunk shorter than the encoder's delay fits as well.
    """
    time_base = template.time_base
    step = int(1 / (template.average_rate * time_base))
    delay = template.codec_context.reorder_depth
    expected = (bytes(template.codec_context.extradata or b""), template.width, template.height, template.average_rate)
    decoded = shown_before = 0
    for path in chunks:
        with av.open(str(path)) as chunk:
            stream = _video_of(chunk, path)
            found = (bytes(stream.codec_context.extradata or b""), stream.width, stream.height, stream.average_rate)
            if found != expected or stream.time_base != time_base:
                raise AssemblyFailed(f"Chunk {path.name} was encoded with other settings than the first.")
            shown = 0
            for packet in chunk.demux(stream):
                if packet.pts is None:  # the demuxer's end mark
                    continue
                if not shown and not packet.is_keyframe:
                    raise AssemblyFailed(f"Chunk {path.name} does not start with a key frame.")
                packet.pts += shown_before * step
                packet.dts = (decoded - delay) * step
                packet.duration = step
                if packet.pts < packet.dts:
                    raise AssemblyFailed(f"Chunk {path.name} is damaged: a frame comes after its time.")
                packet.stream = target
                yield packet
                shown += 1
                decoded += 1
            if shown == 0 or shown != stream.frames:
                raise AssemblyFailed(f"Chunk {path.name} is cut off: {shown} of {stream.frames} frames are there.")
            shown_before += shown


def _audio_packets(sound: InputContainer, target: OutputContainer) -> Iterator[AnyPacket]:
    source = sound.streams.audio[0]
    stream = target.add_stream_from_template(source)
    stream.time_base = source.time_base

    def packets() -> Iterator[AnyPacket]:
        for packet in sound.demux(source):
            if packet.dts is not None:
                packet.stream = stream
                yield packet

    return packets()


def _decoding_time(packet: AnyPacket) -> float:
    return float((packet.dts or 0) * packet.time_base)
