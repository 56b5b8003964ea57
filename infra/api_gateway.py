"""The API Gateway (REST) side of the API's definition: integrations, authorizer, CORS, errors of the gateway's own.

Everything is in the long form of the intrinsics, as files that AWS::Include pulls in must be.
"""

import json
from typing import Any

type Route = tuple[str, str]
"""(method in lower case, path)"""

BINARY_TYPES = ("image/*", "video/*", "audio/*", "application/octet-stream")
ALLOWED_HEADERS = "Authorization,Content-Type,Idempotency-Key,X-Amzn-Trace-Id"
EXPOSED_HEADERS = "Retry-After,X-Amzn-Trace-Id"
PREFLIGHT_MAX_AGE_SECONDS = 7200

# Answers that API Gateway gives before any function runs: (response type, status, code, message).
# MISSING_AUTHENTICATION_TOKEN is how it says that no route matches.
GATEWAY_RESPONSES = (
    ("ACCESS_DENIED", 403, "forbidden", "You may not do this."),
    ("AUTHORIZER_FAILURE", 500, "internal_error", "Your access could not be checked. Try again."),
    ("AUTHORIZER_CONFIGURATION_ERROR", 500, "internal_error", "Your access could not be checked. Try again."),
    ("BAD_REQUEST_PARAMETERS", 400, "invalid_request", "The request is malformed."),
    ("DEFAULT_4XX", None, "invalid_request", "The request is malformed."),
    ("DEFAULT_5XX", None, "internal_error", "Something went wrong on our side. Try again."),
    ("INTEGRATION_TIMEOUT", 504, "unavailable", "The answer took too long. Retry in a moment."),
    ("MISSING_AUTHENTICATION_TOKEN", 404, "not_found", "There is nothing at this address."),
    ("REQUEST_TOO_LARGE", 413, "payload_too_large", "The request body is too large."),
    ("THROTTLED", 429, "too_many_requests", "Too many requests. Wait a moment and retry."),
    ("UNAUTHORIZED", 401, "unauthenticated", "Log in and send the access token as 'Authorization: Bearer …'."),
)


def definition(served: dict[Route, str], public: set[Route]) -> dict[str, Any]:
    """The OpenAPI body of the REST API. `served` names each route's function by its logical id."""
    paths: dict[str, dict[str, Any]] = {}
    for (method, path), function in sorted(served.items(), key=lambda item: (item[0][1], item[0][0])):
        paths.setdefault(path, {})[method] = _method(path, function, is_public=(method, path) in public)
    for path, item in paths.items():
        item["options"] = _preflight(path, sorted(item))
    document: dict[str, Any] = {
        "openapi": "3.0.1",
        "info": {"title": {"Ref": "AWS::StackName"}, "version": "1"},
        "paths": paths,
    }
    if public != set(served):
        document["components"] = {"securitySchemes": {"bearer": _authorizer()}}
    document["x-amazon-apigateway-binary-media-types"] = list(BINARY_TYPES)
    document["x-amazon-apigateway-gateway-responses"] = _gateway_responses()
    return document


def _invoke(function: str) -> dict[str, Any]:
    path = "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions"
    return {"Fn::Sub": f"{path}/${{{function}.Arn}}/invocations"}


def _method(path: str, function: str, *, is_public: bool) -> dict[str, Any]:
    method: dict[str, Any] = {
        "responses": {"200": {"description": "See docs/reference/openapi.json."}},
        "security": [] if is_public else [{"bearer": []}],
        "x-amazon-apigateway-integration": {
            "type": "aws_proxy",
            "httpMethod": "POST",
            "uri": _invoke(function),
            "credentials": {"Fn::GetAtt": ["ApiRole", "Arn"]},
            "passthroughBehavior": "when_no_match",
        },
    }
    parameters = _path_parameters(path)
    return ({"parameters": parameters} if parameters else {}) | method


def _path_parameters(path: str) -> list[dict[str, Any]]:
    names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    return [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]


def _preflight(path: str, methods: list[str]) -> dict[str, Any]:
    """What browsers ask before a cross-origin call. Tokens travel in a header, not in cookies, so any origin may."""
    headers = {
        "Access-Control-Allow-Origin": "'*'",
        "Access-Control-Allow-Methods": f"'{','.join(method.upper() for method in methods)}'",
        "Access-Control-Allow-Headers": f"'{ALLOWED_HEADERS}'",
        "Access-Control-Expose-Headers": f"'{EXPOSED_HEADERS}'",
        "Access-Control-Max-Age": f"'{PREFLIGHT_MAX_AGE_SECONDS}'",
    }
    preflight: dict[str, Any] = {
        "security": [],
        "responses": {
            "200": {
                "description": "Allowed.",
                "headers": {name: {"schema": {"type": "string"}} for name in headers},
            }
        },
        "x-amazon-apigateway-integration": {
            "type": "mock",
            "requestTemplates": {"application/json": '{"statusCode": 200}'},
            "responses": {
                "default": {
                    "statusCode": "200",
                    "responseParameters": {f"method.response.header.{name}": value for name, value in headers.items()},
                }
            },
        },
    }
    parameters = _path_parameters(path)
    return ({"parameters": parameters} if parameters else {}) | preflight


def _authorizer() -> dict[str, Any]:
    return {
        "type": "apiKey",
        "name": "Authorization",
        "in": "header",
        "x-amazon-apigateway-authtype": "custom",
        "x-amazon-apigateway-authorizer": {
            "type": "request",
            "identitySource": "method.request.header.Authorization",
            "authorizerUri": _invoke("AuthorizerFunction"),
            "authorizerCredentials": {"Fn::GetAtt": ["ApiRole", "Arn"]},
            "authorizerResultTtlInSeconds": {"Ref": "AuthorizerTtlSeconds"},
        },
    }


def _gateway_responses() -> dict[str, Any]:
    responses: dict[str, Any] = {}
    for kind, status, code, message in GATEWAY_RESPONSES:
        error = {"code": code, "message": message, "details": {}, "trace_id": "$context.requestId"}
        responses[kind] = ({"statusCode": status} if status else {}) | {
            "responseParameters": {"gatewayresponse.header.Access-Control-Allow-Origin": "'*'"},
            "responseTemplates": {"application/json": json.dumps({"error": error}, ensure_ascii=False)},
        }
    return responses
