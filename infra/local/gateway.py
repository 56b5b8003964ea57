"""Brings a REST API to what infra/api.yaml says where the local cloud's importer stops short.

On import ministack takes routes, integrations and authorizers, and drops the gateway's own error answers, the headers
of CORS preflights and the binary media types. They are put in over the API instead, and the stage is deployed again
with them. `apigateway` must not check its parameters: a change of the media types is taken in no form but a list, which
AWS does not know.
"""

from typing import Any

from cfn_yaml import load
from settings import ROOT

STAGE = "local"


def complete(apigateway: Any, api: str) -> None:
    """Add gateway responses and preflight answers to `api`, and deploy its stage. Safe to repeat."""
    definition = load(ROOT / "infra/api.yaml")
    binary = {
        "op": "replace",
        "path": "/binaryMediaTypes",
        "value": definition["x-amazon-apigateway-binary-media-types"],
    }
    apigateway.update_rest_api(restApiId=api, patchOperations=[binary])
    for kind, response in definition["x-amazon-apigateway-gateway-responses"].items():
        status = {"statusCode": str(response["statusCode"])} if "statusCode" in response else {}
        apigateway.put_gateway_response(
            restApiId=api,
            responseType=kind,
            responseParameters=response["responseParameters"],
            responseTemplates=response["responseTemplates"],
            **status,
        )
    ids = {
        resource["path"]: resource["id"]
        for page in apigateway.get_paginator("get_resources").paginate(restApiId=api)
        for resource in page["items"]
    }
    for path, item in definition["paths"].items():
        integration = item["options"]["x-amazon-apigateway-integration"]
        answer = integration["responses"]["default"]
        where = {"restApiId": api, "resourceId": ids[path], "httpMethod": "OPTIONS"}
        apigateway.put_integration(**where, type="MOCK", requestTemplates=integration["requestTemplates"])
        apigateway.put_method_response(
            **where,
            statusCode=answer["statusCode"],
            responseParameters=dict.fromkeys(answer["responseParameters"], False),
        )
        apigateway.put_integration_response(
            **where, statusCode=answer["statusCode"], responseParameters=answer["responseParameters"]
        )
    apigateway.create_deployment(restApiId=api, stageName=STAGE)
