"""Readers of the API, its stage and its account settings, in the shape of a template."""

from __future__ import annotations

from typing import Any

from infra.local.deployed.reading import Found, Readers, Services
from infra.local.deployed.templates import Resource


def _rest_api(services: Services, one: Resource) -> Found:
    found = services.asking("apigateway")("get_rest_api", restApiId=one.id)
    kinds = found.get("endpointConfiguration", {}).get("types", [])
    return {
        "Name": found["name"],
        "MinimumCompressionSize": found.get("minimumCompressionSize"),
        "EndpointConfiguration": {"Types": kinds},
        "Parameters": {"endpointConfigurationTypes": kinds},
    }


def _stage(services: Services, one: Resource) -> Found:
    api, name = one.properties["RestApiId"], one.properties["StageName"]
    found = services.asking("apigateway")("get_stage", restApiId=api, stageName=name)
    settings = found.get("methodSettings", {})
    logs = found.get("accessLogSettings", {})
    return {
        "RestApiId": api,
        "StageName": found["stageName"],
        "DeploymentId": found["deploymentId"],
        "TracingEnabled": found.get("tracingEnabled", False),
        "AccessLogSetting": {"DestinationArn": logs.get("destinationArn"), "Format": logs.get("format")},
        "MethodSettings": [_setting(path, values) for path, values in settings.items()],
    }


def _setting(path: str, values: dict[str, Any]) -> dict[str, Any]:
    resource, _, verb = path.rpartition("/")
    named = {name[0].upper() + name[1:]: value for name, value in values.items()}
    return named | {"ResourcePath": f"/{resource.lstrip('/')}", "HttpMethod": verb}


def _account(services: Services, _: Resource) -> Found:
    return {"CloudWatchRoleArn": services.asking("apigateway")("get_account").get("cloudwatchRoleArn")}


READERS: Readers = {
    "AWS::ApiGateway::Account": _account,
    "AWS::ApiGateway::RestApi": _rest_api,
    "AWS::ApiGateway::Stage": _stage,
}
