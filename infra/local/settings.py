"""What a local deployment is called, where it answers, and where it keeps its things. All of it can be configured."""

import os
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
DEFAULT_PORT = 4566
HOST = "127.0.0.1"
REGION = "us-east-1"
CLOUDS = ("ministack", "localstack")


class LocalError(Exception):
    """Something a person must know or do; the message is all they need to see."""


@dataclass(frozen=True)
class Local:
    """One local deployment. Two with different ports share nothing."""

    port: int
    stack: str
    endpoint: str
    cloud: str

    @property
    def home(self) -> Path:
        """State, logs and pid files."""
        return ROOT / ".build/local" / str(self.port)

    @property
    def outputs(self) -> Path:
        """The addresses of what is deployed, as JSON."""
        return self.home / "outputs.json"

    @property
    def mailbox(self) -> str:
        path = "/_ministack/ses/messages" if self.cloud == "ministack" else "/_aws/ses"
        return self.endpoint + path

    def log(self, name: str) -> Path:
        folder = self.home / "log"
        folder.mkdir(parents=True, exist_ok=True)
        return folder / f"{name}.log"

    def aws(self) -> dict[str, str]:
        """The environment in which AWS tools reach this cloud as its owner, and nothing else."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            # Batch, Step Functions and others put a prefix before the host, which 127.0.0.1 cannot take.
            "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
        }


def local() -> Local:
    """The deployment that FLATRENDER_PORT, FLATRENDER_ENDPOINT, FLATRENDER_STACK and CLOUD name."""
    given = os.environ.get("FLATRENDER_PORT") or str(DEFAULT_PORT)
    if not given.isdecimal() or not 1024 <= int(given) <= 65535:
        raise LocalError(f"FLATRENDER_PORT={given} is no port between 1024 and 65535.")
    cloud = os.environ.get("CLOUD") or "ministack"
    if cloud not in CLOUDS:
        raise LocalError(f"CLOUD={cloud} is not known. Choose from {', '.join(CLOUDS)}.")
    port = int(given)
    return Local(
        port=port,
        stack=os.environ.get("FLATRENDER_STACK") or "flatrender-local",
        endpoint=(os.environ.get("FLATRENDER_ENDPOINT") or f"http://{HOST}:{port}").rstrip("/"),
        cloud=cloud,
    )


def bare_environment() -> dict[str, str]:
    """What a process of ours needs of the caller's environment; secrets in the rest stay where they are."""
    kept = ("PATH", "LANG", "LC_ALL", "TZ", "HOME", "TMPDIR", "SSL_CERT_FILE")
    return {name: os.environ[name] for name in kept if name in os.environ}
