"""The local deployment: `up`, `down`, `reset`, `status`. See README.md beside this file."""

import argparse
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import batch
import cloud
import processes
import stack
from settings import DEFAULT_PORT, ROOT, Local, LocalError, bare_environment, local

AGENT = "batch-agent"
AGENT_STOP_SECONDS = 10


def up(target: Local) -> None:
    """Start, deploy, seed; whatever of it is done already is not done again."""
    began = time.monotonic()
    started = cloud.start(target)
    changed = stack.deploy(target)
    if changed and target.port == DEFAULT_PORT:
        shutil.copyfile(target.outputs, ROOT / ".build/outputs.json")
    if changed:
        seed(target)
    agent(target, restart=started or changed)
    found = json.loads(target.outputs.read_text())
    state = "deployed" if changed else "up to date"
    print(f"The local cloud is up and {state} after {time.monotonic() - began:.1f} s.")
    print(f"  API        {found['ApiUrl']}")
    print(f"  WebSocket  {found.get('SocketUrl', 'none yet')}")
    print(f"  Mailbox    {found['MailboxUrl']}")
    admin = target.home / "admin.json"
    if admin.exists():
        given = json.loads(admin.read_text())
        print(f"  Admin      {given['email']}  {given['password']}")
    print(f"  Logs       {(target.home / 'log').relative_to(ROOT)}")


def seed(target: Local) -> None:
    """Put in what a new deployment starts with. The seed may be planted again and again."""
    script = ROOT / "infra/seed/seed.py"
    if not script.exists():
        return
    environment = bare_environment() | stack.environment(target) | target.aws()
    environment |= {
        "FLATRENDER_OUTPUTS": str(target.outputs),
        "FLATRENDER_ADMIN_FILE": str(target.home / "admin.json"),
        "PYTHONPATH": str(ROOT / "layers/core/python"),
    }
    done = subprocess.run(
        [sys.executable, str(script)], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    target.log("seed").write_text(done.stdout + done.stderr)
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines()
        raise LocalError(f"Seeding failed: {lines[-1] if lines else 'no word why'}\nAll of it: {target.log('seed')}")


def agent(target: Local, *, restart: bool) -> None:
    """Register what Batch needs, and run the agent that carries its jobs out."""
    if not batch.register(target):
        return
    if restart:
        processes.stop(target, AGENT, patience=AGENT_STOP_SECONDS)
    if processes.running(target, AGENT) is None:
        script = str(ROOT / "infra/local/batch_agent.py")
        environment = bare_environment() | target.aws() | {"FLATRENDER_PORT": str(target.port)}
        environment |= {"FLATRENDER_STACK": target.stack, "FLATRENDER_ENDPOINT": target.endpoint}
        processes.start(target, AGENT, [sys.executable, script], environment, ROOT)


def down(target: Local) -> None:
    """Stop everything that `up` started; the state stays."""
    stopped = [
        processes.stop(target, AGENT, patience=AGENT_STOP_SECONDS),
        cloud.stop(target),
    ]
    print("Stopped." if any(stopped) else "Nothing was running.")


def reset(target: Local) -> None:
    """Stop, and forget everything."""
    if not cloud.is_local(target) or target.cloud != "ministack":
        raise LocalError(f"I only reset the embedded local cloud, not what answers at {target.endpoint}.")
    down(target)
    shutil.rmtree(target.home, ignore_errors=True)
    print(f"Everything of port {target.port} is gone.")


def status(target: Local) -> None:
    """Say what runs; exit 1 when the cloud does not."""
    for name in (cloud.NAME, AGENT):
        process = processes.running(target, name)
        print(f"{name}: {f'pid {process.pid}' if process else 'not running'}")
    if not cloud.healthy(target):
        raise LocalError(f"Nothing answers at {target.endpoint}.")


COMMANDS: dict[str, Callable[[Local], None]] = {"up": up, "down": down, "reset": reset, "status": status}


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("command", choices=COMMANDS)
    command = arguments.parse_args().command
    try:
        COMMANDS[command](local())
    except LocalError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
