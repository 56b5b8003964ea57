"""Completes how ministack feeds functions from DynamoDB streams.

ministack calls the consumers of all streams one after the other from the one thread that also looks after all queues,
so a cold or slow consumer holds up everybody; it takes a partial answer for a full success, and retries for ever.
Here each consumer has a thread while it has work. As on AWS, its records stay in order, a batch is repeated from the
first record that it reports as failed, and what fails too often goes to the failure destination.

Besides, ministack keeps over a restart how far a consumer had read, but not the records, which it counts from 0 again:
until there were as many as before, nothing would be delivered. So reading starts at 0 too.
"""

import json
import time
from dataclasses import dataclass
from typing import Any

from ministack.core.arn import ArnParseError, parse_arn
from ministack.core.responses import _request_account_id, _request_region
from ministack.services import dynamodb, lambda_svc

FIRST_RETRY_SECONDS = 0.2
LONGEST_RETRY_SECONDS = 5.0


@dataclass
class _Trouble:
    """How often the record at `position` has failed."""

    position: int
    failures: int = 0
    not_before: float = 0.0


_troubles: dict[str, _Trouble] = {}


_restore = lambda_svc.load_persisted_state


def install() -> None:
    lambda_svc._poll_dynamodb_streams = poll  # noqa: SLF001
    lambda_svc.load_persisted_state = restore


def restore(state: dict[str, Any]) -> None:
    _restore(state)
    positions = lambda_svc._dynamodb_stream_positions  # noqa: SLF001
    for key in list(positions._data):  # noqa: SLF001 - of all accounts and regions
        positions._data[key] = 0  # noqa: SLF001


def poll() -> bool:
    """Give every idle consumer that has records a thread; True when one was given."""
    busy = False
    for account, region, mapping in lambda_svc._iter_all_esms():  # noqa: SLF001
        tokens = _request_account_id.set(account), _request_region.set(region)
        try:
            busy = _feed(mapping) or busy
        finally:
            _request_account_id.reset(tokens[0])
            _request_region.reset(tokens[1])
    return busy


def _feed(mapping: dict[str, Any]) -> bool:
    identity = mapping["UUID"]
    table = _table(mapping)
    if table is None or lambda_svc._esm_inflight.get(identity):  # noqa: SLF001
        return False
    function, _ = lambda_svc._get_func_record_for_qualifier(mapping["FunctionName"], mapping.get("Qualifier"))  # noqa: SLF001
    position = _position(mapping, table)
    trouble = _troubles.get(identity)
    waiting = trouble is not None and trouble.not_before > time.time()
    if function is None or waiting:
        return False
    records = dynamodb.stream_records_since(table, position, mapping.get("BatchSize", 100))
    if not records:
        return False
    wanted = lambda_svc._apply_filter_criteria(records, mapping)  # noqa: SLF001
    if not wanted:
        _advance(mapping, position + len(records))
        return True
    lambda_svc._dispatch_esm_batch(identity, _carry, mapping, function, records, wanted, position)  # noqa: SLF001
    return True


def _carry(
    mapping: dict[str, Any], function: Any, records: list[dict[str, Any]], wanted: list[dict[str, Any]], position: int
) -> None:
    """Call the function, and move on as far as it got."""
    result = lambda_svc._execute_function(function, {"Records": wanted})  # noqa: SLF001
    done = 0 if result.get("error") else _done(result, records)
    mapping["LastProcessingResult"] = (
        f"OK - {len(wanted)} records" if done == len(records) else "PROBLEM: Function call failed"
    )
    if done == len(records):
        _troubles.pop(mapping["UUID"], None)
        _advance(mapping, position + done)
        return
    lambda_svc.logger.warning(
        "ESM: %s failed on a stream record: %s\n%s", mapping["FunctionName"], result.get("body"), result.get("log", "")
    )
    _advance(mapping, position + done)
    trouble = _troubles.get(mapping["UUID"])
    if trouble is None or trouble.position != position + done:
        trouble = _troubles[mapping["UUID"]] = _Trouble(position + done)
    trouble.failures += 1
    trouble.not_before = time.time() + min(FIRST_RETRY_SECONDS * 2 ** (trouble.failures - 1), LONGEST_RETRY_SECONDS)
    if _given_up(mapping, trouble, records[done:]):
        # AWS halves the batch until the bad record stands alone; here it is the first that the function was given.
        bad = next(index for index in range(done, len(records)) if records[index] in wanted)
        lambda_svc._send_ddb_stream_failure_record(  # noqa: SLF001
            mapping, function, [records[bad]], mapping["EventSourceArn"], result, "RetryAttemptsExhausted"
        )
        _advance(mapping, position + bad + 1)
        _troubles.pop(mapping["UUID"], None)


def _done(result: dict[str, Any], records: list[dict[str, Any]]) -> int:
    """How many records, from the first on, the function has dealt with."""
    body = result.get("body")
    if isinstance(body, str | bytes):
        try:
            body = json.loads(body)
        except ValueError:
            return len(records)
    failures = body.get("batchItemFailures") if isinstance(body, dict) else None
    failed = {str(failure.get("itemIdentifier")) for failure in failures or ()}
    for index, record in enumerate(records):
        if str(record["dynamodb"]["SequenceNumber"]) in failed:
            return index
    return 0 if failed else len(records)


def _given_up(mapping: dict[str, Any], trouble: _Trouble, records: list[dict[str, Any]]) -> bool:
    attempts = mapping.get("MaximumRetryAttempts", -1)
    age = mapping.get("MaximumRecordAgeInSeconds", -1)
    arrived = float(records[0]["dynamodb"].get("ApproximateCreationDateTime", time.time()))
    return (0 <= int(attempts) < trouble.failures) or (0 < int(age) < time.time() - arrived)


def _table(mapping: dict[str, Any]) -> str | None:
    """The table behind an enabled mapping, if it is one of a DynamoDB stream that is there."""
    try:
        source = parse_arn(mapping.get("EventSourceArn", ""))
    except ArnParseError:
        return None
    if source.service != "dynamodb" or not mapping.get("Enabled", True):
        return None
    found = lambda_svc._dynamodb_stream_table_from_arn_spec(source)  # noqa: SLF001
    table = dynamodb._tables.get(found[0]) if found else None  # noqa: SLF001
    return found[0] if table and table.get("LatestStreamArn") == mapping["EventSourceArn"] else None


def _position(mapping: dict[str, Any], table: str) -> int:
    horizon = dynamodb.stream_start_position(table)
    latest = mapping.get("StartingPosition") == "LATEST"
    positions = lambda_svc._dynamodb_stream_positions  # noqa: SLF001
    with lambda_svc._dynamodb_stream_positions_lock:  # noqa: SLF001
        start = positions.setdefault(mapping["UUID"], dynamodb.stream_end_position(table) if latest else horizon)
        return max(start, horizon)


def _advance(mapping: dict[str, Any], position: int) -> None:
    with lambda_svc._dynamodb_stream_positions_lock:  # noqa: SLF001
        lambda_svc._dynamodb_stream_positions[mapping["UUID"]] = position  # noqa: SLF001
