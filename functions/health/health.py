"""GET /v1/health: alive. It imports nothing, so it is also what an empty request costs: the benchmark's baseline."""


def handler(_event: dict[str, object], _context: object) -> dict[str, object]:
    return {"statusCode": 200, "headers": {"content-type": "application/json"}, "body": '{"status":"ok"}'}
