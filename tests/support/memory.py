"""How much memory a process has needed."""

from pathlib import Path


def peak_megabytes() -> float:
    """The most that this process had in memory at once.

    Not `getrusage`'s: that begins with what the process had that started this one.
    """
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024
