"""What the assembler adds so that people see what goes on: access logs, alarms of dead-letter queues, the dashboard."""

import json

from cfn_yaml import Intrinsic, Node

_COMMON = {
    "request_id": "$context.requestId",
    "at": "$context.requestTime",
    "user_id": "$context.authorizer.user_id",
    "tenant_id": "$context.authorizer.tenant_id",
    "address": "$context.identity.sourceIp",
    "user_agent": "$context.identity.userAgent",
    "status": "$context.status",
    "error": "$context.error.responseType",
    "integration_error": "$context.integrationErrorMessage",
}
# Paths of the contract, not of the request: ids and query strings stay out of the log, and so do tokens.
_REST = _COMMON | {
    "extended_request_id": "$context.extendedRequestId",
    "trace_id": "$context.xrayTraceId",
    "method": "$context.httpMethod",
    "path": "$context.resourcePath",
    "bytes": "$context.responseLength",
    "latency_ms": "$context.responseLatency",
    "integration_latency_ms": "$context.integrationLatency",
    "authorizer_latency_ms": "$context.authorizer.latency",
}
_SOCKET = _COMMON | {
    "connection_id": "$context.connectionId",
    "event": "$context.eventType",
    "route": "$context.routeKey",
    "integration_latency_ms": "$context.integrationLatency",
}


def access_log(group: str, *, socket: bool = False) -> Node:
    """Where an API's stage writes a line of JSON per request. Everything is text: what is unknown is '-'."""
    # A log group's ARN ends in ':*', which API Gateway does not take.
    destination = Intrinsic(
        "Sub", f"arn:${{AWS::Partition}}:logs:${{AWS::Region}}:${{AWS::AccountId}}:log-group:${{{group}}}"
    )
    return {"DestinationArn": destination, "Format": json.dumps(_SOCKET if socket else _REST)}


def dead_letter_alarms(resources: Node) -> Node:
    """An alarm per dead-letter queue: whatever lies there was given up on, and waits for a person."""
    return {
        f"{name.removesuffix('Queue')}Alarm": {
            "Type": "AWS::CloudWatch::Alarm",
            "Properties": {
                "AlarmDescription": f"{name}: something was given up on. docs/operations.md says what to do.",
                "Namespace": "AWS/SQS",
                "MetricName": "ApproximateNumberOfMessagesVisible",
                "Dimensions": [{"Name": "QueueName", "Value": Intrinsic("GetAtt", f"{name}.QueueName")}],
                "Statistic": "Maximum",
                "Period": 60,
                "ComparisonOperator": "GreaterThanThreshold",
                "Threshold": 0,
                "EvaluationPeriods": 1,
                "TreatMissingData": "notBreaching",
                "AlarmActions": [Intrinsic("Ref", "AlarmTopic")],
                "OKActions": [Intrinsic("Ref", "AlarmTopic")],
            },
        }
        for name, resource in resources.items()
        if resource["Type"] == "AWS::SQS::Queue" and name.endswith("DeadLetterQueue")
    }


def write_dashboards(resources: Node) -> None:
    """Turn the bodies of dashboards into the JSON text that CloudWatch takes; `${…}` is filled in on deployment."""
    for resource in resources.values():
        if resource["Type"] == "AWS::CloudWatch::Dashboard":
            resource["Properties"]["DashboardBody"] = Intrinsic(
                "Sub", json.dumps(resource["Properties"]["DashboardBody"])
            )
