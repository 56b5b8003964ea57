"""Draws a cleaned SVG once, in a process of its own, to find out whether it can be drawn in time.

Run as a script: `python -I -S svg_child.py PACKAGES SECONDS MEMORY WIDTH HEIGHT SCALE_X SCALE_Y`, the SVG on stdin.
It ends with 0 when it was drawn, and is killed by the system when that takes more seconds of processor time or more
memory than it may.
"""

import resource
import sys


def main() -> int:
    packages, seconds, memory, *numbers = sys.argv[1:]
    width, height, scale_x, scale_y = (float(number) for number in numbers)
    data = sys.stdin.buffer.read()
    sys.path[:0] = packages.split(":")
    import skia

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (int(memory), int(memory)))
    used = resource.getrusage(resource.RUSAGE_SELF)
    allowed = int(used.ru_utime + used.ru_stime) + 1 + int(seconds)
    resource.setrlimit(resource.RLIMIT_CPU, (allowed, allowed))
    document = skia.SVGDOM.MakeFromStream(skia.MemoryStream(data))
    if document is None:
        return 1
    document.setContainerSize(skia.Size(width, height))
    surface = skia.Surface(max(1, round(width * scale_x)), max(1, round(height * scale_y)))
    canvas = surface.getCanvas()
    canvas.scale(scale_x, scale_y)
    document.render(canvas)
    return 0


if __name__ == "__main__":
    sys.exit(main())
