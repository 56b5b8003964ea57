"""Registers the Batch resources of template.yaml through Batch's own API, where CloudFormation has none for them."""

from typing import Any

from botocore.exceptions import ClientError

import stack
from cfn_yaml import load
from resolve import Resolver
from settings import ROOT, Local, LocalError

ENVIRONMENT, QUEUE, DEFINITION = (f"AWS::Batch::{kind}" for kind in ("ComputeEnvironment", "JobQueue", "JobDefinition"))
# Maps whose keys are data, not names of the API.
_FREE_KEYS = {"Tags", "Parameters", "Options", "tags", "parameters", "options"}


def register(local: Local) -> list[str]:
    """Make compute environments, queues and job definitions say what the template says; the names of the queues."""
    found = definitions(local)
    if not found[QUEUE]:
        return []
    batch = stack.client(local, "batch")
    try:
        _environments(batch, found[ENVIRONMENT])
        _queues(batch, found[QUEUE])
        _job_definitions(batch, found[DEFINITION])
    except ClientError as error:
        raise LocalError(f"Batch could not be set up: {error}") from error
    return [queue["jobQueueName"] for queue in found[QUEUE]]


def definitions(local: Local) -> dict[str, list[dict[str, Any]]]:
    """The template's Batch resources by type, as Batch's API takes them."""
    template = load(ROOT / "template.yaml")
    resolver = Resolver(template, local.stack, stack.parameters(local), stack.resources(local))
    found: dict[str, list[dict[str, Any]]] = {ENVIRONMENT: [], QUEUE: [], DEFINITION: []}
    for logical_id, resource in template["Resources"].items():
        if resource["Type"] in found:
            kind = resource["Type"].rpartition("::")[2]
            properties = _camel(resolver.value(resource["Properties"]))
            name = kind[0].lower() + kind[1:] + "Name"
            found[resource["Type"]].append({name: resolver.value_of_ref(logical_id)} | properties)
    return found


def _environments(batch: Any, wanted: list[dict[str, Any]]) -> None:
    existing = {e["computeEnvironmentName"] for e in batch.describe_compute_environments()["computeEnvironments"]}
    for environment in wanted:
        if environment["computeEnvironmentName"] not in existing:
            kept = ("computeEnvironmentName", "type", "state", "serviceRole", "tags")
            batch.create_compute_environment(**{key: environment[key] for key in kept if key in environment})


def _queues(batch: Any, wanted: list[dict[str, Any]]) -> None:
    existing = {queue["jobQueueName"] for queue in batch.describe_job_queues()["jobQueues"]}
    for queue in wanted:
        if queue["jobQueueName"] not in existing:
            batch.create_job_queue(**queue)


def _job_definitions(batch: Any, wanted: list[dict[str, Any]]) -> None:
    """A new revision only where something changed."""
    for definition in wanted:
        name = definition["jobDefinitionName"]
        revisions = batch.describe_job_definitions(jobDefinitionName=name)["jobDefinitions"]
        latest = max(revisions, key=lambda revision: revision["revision"], default={})
        if any(latest.get(key) != value for key, value in definition.items()):
            batch.register_job_definition(**definition)


def _camel(node: Any) -> Any:
    """CloudFormation's names as the API spells them: `ContainerProperties` is `containerProperties`."""
    if isinstance(node, dict):
        return {key[0].lower() + key[1:]: value if key in _FREE_KEYS else _camel(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_camel(item) for item in node]
    return node
