"""Background processes that outlive the command that started them, each known by a pid file.

A pid alone proves nothing: the system hands it to the next process. So the file also holds when the process started,
and nothing is signalled whose start differs.
"""

import contextlib
import json
import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from settings import Local

_POLL_SECONDS = 0.05


@dataclass(frozen=True)
class Process:
    pid: int
    started: str


def start(local: Local, name: str, command: list[str], environment: dict[str, str], cwd: Path) -> Process:
    """Start `command` in a session of its own, its output in the log, and write its pid file."""
    with local.log(name).open("ab") as log:
        child = subprocess.Popen(
            command, cwd=cwd, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    process = Process(child.pid, _started(child.pid))
    _pid_file(local, name).write_text(json.dumps({"pid": process.pid, "started": process.started}))
    return process


def running(local: Local, name: str) -> Process | None:
    """The process of the pid file, if it lives and is ours. A stale file is removed."""
    path = _pid_file(local, name)
    try:
        noted = json.loads(path.read_text())
        process = Process(int(noted["pid"]), str(noted["started"]))
    except (OSError, ValueError, KeyError):
        path.unlink(missing_ok=True)
        return None
    if process.started and _started(process.pid) == process.started:
        return process
    path.unlink(missing_ok=True)
    return None


def stop(local: Local, name: str, *, patience: float) -> bool:
    """End the process, by force after `patience` seconds; True when there was one."""
    process = running(local, name)
    if process is None:
        return False
    _signal(process, signal.SIGTERM)
    if not _gone(process, patience):
        _signal(process, signal.SIGKILL)
        _gone(process, 5)
    # What it started itself belongs to its session, and must not outlive it.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    _pid_file(local, name).unlink(missing_ok=True)
    return True


def _pid_file(local: Local, name: str) -> Path:
    folder = local.home / "run"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{name}.pid"


def _signal(process: Process, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(process.pid, number)


def _gone(process: Process, patience: float) -> bool:
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        with contextlib.suppress(ChildProcessError):
            os.waitpid(process.pid, os.WNOHANG)
        if _started(process.pid) != process.started:
            return True
        time.sleep(_POLL_SECONDS)
    return False


def _started(pid: int) -> str:
    """When the process started, in the system's own words; empty when there is none, or only its zombie."""
    stat = Path(f"/proc/{pid}/stat")
    if Path("/proc/self/stat").exists():
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            return ""
        return "" if fields[0] == "Z" else fields[19]
    # Where there is no /proc, such as on macOS.
    command = ["/bin/ps", "-o", "stat=,lstart=", "-p", str(pid)]
    listing = subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    return "" if listing.startswith("Z") else listing.partition(" ")[2].strip()


def owner_of_port(port: int) -> str:
    """Which process listens on a TCP port, for a message: 'name (pid 1)', or 'another program' where nobody tells."""
    inodes = _listening_inodes(port)
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            links = [str(link.readlink()) for link in (folder / "fd").iterdir()]
        except OSError:
            continue
        if any(f"socket:[{inode}]" in links for inode in inodes):
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
            return f"'{command[:100]}' (pid {folder.name})"
    return "another program"


def _listening_inodes(port: int) -> set[str]:
    listening = "0A"
    inodes: set[str] = set()
    for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        with contextlib.suppress(OSError):
            for line in table.read_text().splitlines()[1:]:
                fields = line.split()
                if fields[3] == listening and int(fields[1].rpartition(":")[2], 16) == port:
                    inodes.add(fields[9])
    return inodes
