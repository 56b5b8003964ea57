"""Fails when a file that git would commit holds what looks like a secret.

A finding that is none is marked in its line with `pragma: allowlist secret`.
"""

import subprocess
import sys
from pathlib import Path

from detect_secrets import SecretsCollection
from detect_secrets.settings import transient_settings

ROOT = Path(__file__).resolve().parent.parent.parent

# Hashes of packages, and pictures and sounds in base64, are random on purpose.
IGNORED = (".txt", ".png", ".jpg", ".ttf", ".otf", ".mp4", ".wav", ".lock")
PLUGINS = (
    "AWSKeyDetector",
    "AzureStorageKeyDetector",
    "BasicAuthDetector",
    "GitHubTokenDetector",
    "GitLabTokenDetector",
    "JwtTokenDetector",
    "NpmDetector",
    "OpenAIDetector",
    "PrivateKeyDetector",
    "PypiTokenDetector",
    "SendGridDetector",
    "SlackDetector",
    "StripeDetector",
    "TelegramBotTokenDetector",
    "TwilioKeyDetector",
)
FILTERS = (
    "detect_secrets.filters.allowlist.is_line_allowlisted",
    "detect_secrets.filters.heuristic.is_templated_secret",
)


def main() -> int:
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],  # noqa: S607 - whichever git there is
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    secrets = SecretsCollection()
    settings = {"plugins_used": [{"name": name} for name in PLUGINS], "filters_used": [{"path": p} for p in FILTERS]}
    with transient_settings(settings):
        for name in listing.split("\0"):
            if name and not name.endswith(IGNORED) and (ROOT / name).is_file():
                secrets.scan_file(str(ROOT / name))
    for path, secret in secrets:
        shown = Path(path).relative_to(ROOT)
        print(f"{shown}:{secret.line_number}: {secret.type}. If it is none, mark the line: pragma: allowlist secret")
    return 1 if secrets else 0


if __name__ == "__main__":
    sys.exit(main())
