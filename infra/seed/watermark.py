"""Sets, or takes away, the watermark that a tenant's policy puts on renders and previews; see docs/guide/watermarks.md.

    python infra/seed/watermark.py demo policy.json [--stack flatrender-local]
    python infra/seed/watermark.py demo --remove

Runs with the rights of whoever deploys, and with `layers/core/python` on PYTHONPATH. AWS_ENDPOINT_URL (or
FLATRENDER_ENDPOINT) names a local cloud. The slug of the platform's own tenant, flatrender, rules all tenants.
"""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import deployment

DEFAULT_STACK = "flatrender-local"


def main(given: Sequence[str] | None = None) -> int:
    arguments = _arguments(given)
    if "FLATRENDER_ENDPOINT" in os.environ:
        os.environ.setdefault("AWS_ENDPOINT_URL", os.environ["FLATRENDER_ENDPOINT"])
    deployment.enter(arguments.stack)
    from pydantic import ValidationError

    from flatrender.kernel.errors import FlatRenderError
    from flatrender.studio import watermarks
    from flatrender.tenants import service as tenants
    from flatrender.tenants.schemas import WatermarkPolicy

    try:
        tenant = tenants.by_slug(arguments.tenant)
        if arguments.remove:
            watermarks.remove_policy(tenant.id)
            print(f"{tenant.name} has no watermark of its own any more.")
            return 0
        policy = WatermarkPolicy.model_validate_json(arguments.policy.read_bytes())
        watermarks.set_policy(tenant.id, policy)
    except FlatRenderError as error:
        print(f"{error.text} {json.dumps(error.details)}", file=sys.stderr)
        return 1
    except ValidationError as error:
        for fault in error.errors(include_url=False):
            print(f"{arguments.policy}: /{'/'.join(map(str, fault['loc']))}: {fault['msg']}", file=sys.stderr)
        return 1
    tiers = ", ".join(sorted(policy.tiers)) or "none of its own"
    print(f"{tenant.name} marks these tiers: {tiers}. Within {watermarks.KEPT_SECONDS:g} s it holds everywhere.")
    return 0


def _arguments(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tenant", help="slug of the tenant")
    parser.add_argument("policy", nargs="?", type=Path, help="the policy, as JSON")
    parser.add_argument("--remove", action="store_true", help="take the tenant's policy away")
    parser.add_argument("--stack", default=os.environ.get("FLATRENDER_STACK") or DEFAULT_STACK)
    arguments = parser.parse_args(given)
    if arguments.remove == (arguments.policy is not None):
        parser.error("give either a policy or --remove")
    if arguments.policy is not None and not arguments.policy.is_file():
        parser.error(f"there is no file {arguments.policy}")
    return arguments


if __name__ == "__main__":
    sys.exit(main())
