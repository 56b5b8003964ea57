"""Authorised reads against a function that does nothing behind the same API, in turns over one connection."""

import statistics
import time

import httpx
from tests.bench.report import Line, Section
from tests.support.people import User

ROUNDS = 300
WARM_UP = 20
NO_OP = "/v1/health"
READS = ("/v1/users/me", "/v1/users/me/balance", "/v1/projects", "/v1/renders", "/v1/files")
HELD_TO_TARGET = READS[0]


def measure(user: User) -> Section:
    times: dict[str, list[float]] = {path: [] for path in (NO_OP, *READS)}
    headers = {"authorization": f"Bearer {user.account.access_token}"}
    with httpx.Client(base_url=user.api.url, headers=headers, timeout=30) as client:
        for turn in range(WARM_UP + ROUNDS):
            for path, found in times.items():
                started = time.perf_counter()
                answer = client.get(path)
                spent = time.perf_counter() - started
                assert answer.status_code == 200, (path, answer.text)
                if turn >= WARM_UP:
                    found.append(spent * 1000)
    section = Section(f"Authorised GET against a no-op Lambda behind the same API, {ROUNDS} rounds in turns")
    for name, share in (("p50", 50), ("p99", 99)):
        base = _percentile(times[NO_OP], share)
        section.lines.append(Line(f"GET {NO_OP} {name}", base, "ms"))
        for path in READS:
            value = _percentile(times[path], share)
            section.lines.append(Line(f"GET {path} {name}", value, "ms", baseline=base, target=2, of_ratio=True))
    return section


def _percentile(values: list[float], share: int) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[share - 1]
