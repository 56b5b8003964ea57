"""Plants what a new deployment starts with: tenants, an administrator, assets, templates. Safe to run again.

    python infra/seed/seed.py [--stack flatrender-local] [--reset-admin-password]

Runs with the rights of whoever deploys, and with `layers/core/python` on PYTHONPATH. AWS_ENDPOINT_URL (or
FLATRENDER_ENDPOINT) names a local cloud. With FLATRENDER_ADMIN_FILE, a new administrator's address and password are
also written to that file, for the owner's eyes only. Plans are part of the code (flatrender.kernel.plans).
"""

import argparse
import json
import os
import sys
import time
from pathlib import Path

import deployment

DEFAULT_STACK = "flatrender-local"


def main() -> int:
    arguments = _arguments()
    if "FLATRENDER_ENDPOINT" in os.environ:
        os.environ.setdefault("AWS_ENDPOINT_URL", os.environ["FLATRENDER_ENDPOINT"])
    began = time.monotonic()
    deployment.enter(arguments.stack)
    import planting

    from flatrender.kernel.errors import FlatRenderError

    try:
        for part in (
            planting.plant_tenants(),
            planting.plant_admin(reset=arguments.reset_admin_password, keep=_keep),
            planting.plant_assets(),
            planting.plant_templates(),
        ):
            for line in part:
                print(line, flush=True)
    except planting.Unfit as error:
        print(error, file=sys.stderr)
        return 1
    except FlatRenderError as error:
        print(f"{error.text} {json.dumps(error.details)}", file=sys.stderr)
        return 1
    print(f"Seeded in {time.monotonic() - began:.1f} s.")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--stack", default=os.environ.get("FLATRENDER_STACK") or DEFAULT_STACK)
    parser.add_argument("--reset-admin-password", action="store_true", help="give the administrator a new password")
    return parser.parse_args()


def _keep(email: str, password: str) -> None:
    path = os.environ.get("FLATRENDER_ADMIN_FILE")
    if path:
        target = Path(path)
        target.touch(mode=0o600)
        target.write_text(json.dumps({"tenant": "flatrender", "email": email, "password": password}) + "\n")


if __name__ == "__main__":
    sys.exit(main())
