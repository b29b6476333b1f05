"""Readers of functions, roles, schedules, alarms, logs, mail and the API, in the shape of a template."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from infra.local.deployed.reading import Properties, Reader, Services
from infra.local.deployed.templates import Resource


def _function(services: Services, one: Resource) -> Properties:
    found = services.ask("lambda", "get_function", FunctionName=one.id)
    declared = "RecursiveLoop" in one.properties  # few functions declare it, and it takes a call of its own
    recursion = (
        services.ask("lambda", "get_function_recursion_config", FunctionName=one.id) if declared else {}
    )
    return found["Configuration"] | {
        "Code": _code(services, one.properties["Code"], found["Configuration"]["CodeSha256"]),
        "RecursiveLoop": recursion.get("RecursiveLoop"),
        "ReservedConcurrentExecutions": found.get("Concurrency", {}).get("ReservedConcurrentExecutions"),
        "Tags": [{"Key": name, "Value": value} for name, value in found.get("Tags", {}).items()],
    }


def _code(services: Services, place: dict[str, str], digest: str) -> dict[str, str]:
    """The place of the package in the template if the function has that code."""

    def packaged() -> str:
        body = services.account.client("s3").get_object(Bucket=place["S3Bucket"], Key=place["S3Key"])["Body"]
        return base64.b64encode(hashlib.sha256(body.read()).digest()).decode()

    return place if services.once(tuple(place.values()), packaged) == digest else {}


def _event_source(services: Services, one: Resource) -> Properties:
    found = services.named("lambda", "list_event_source_mappings", "EventSourceMappings", "UUID", one.id)
    return found | {"FunctionName": found.get("FunctionArn", "").rpartition(":")[2]}


def _invoke_config(services: Services, one: Resource) -> Properties:
    which = {name: one.properties[name] for name in ("FunctionName", "Qualifier")}
    return services.ask("lambda", "get_function_event_invoke_config", **which) | which


def _permission(services: Services, one: Resource) -> Properties:
    name = one.properties["FunctionName"]
    policy = json.loads(services.ask("lambda", "get_policy", FunctionName=name).get("Policy", "{}"))
    for statement in policy.get("Statement", []):
        if statement["Sid"] == one.id:
            return {
                "Action": statement["Action"],
                "FunctionName": name if statement["Resource"].endswith(name) else statement["Resource"],
                "Principal": statement["Principal"].get("Service"),
                "SourceArn": statement.get("Condition", {}).get("ArnLike", {}).get("AWS:SourceArn"),
            }
    return {}


def _role(services: Services, one: Resource) -> Properties:
    found = services.named("iam", "get_account_authorization_details", "RoleDetailList", "RoleName", one.id)
    return found | {
        "Policies": found.get("RolePolicyList", []),
        "ManagedPolicyArns": [policy["PolicyArn"] for policy in found.get("AttachedManagedPolicies", [])],
    }


def _managed_policy(services: Services, one: Resource) -> Properties:
    found = services.ask("iam", "get_policy", PolicyArn=one.id)["Policy"]
    version = services.ask("iam", "get_policy_version", PolicyArn=one.id, VersionId=found["DefaultVersionId"])
    return found | {"PolicyDocument": version["PolicyVersion"]["Document"]}


def _rule(services: Services, one: Resource) -> Properties:
    targets = services.ask("events", "list_targets_by_rule", Rule=one.id)
    found = services.ask("events", "describe_rule", Name=one.id) | {"Targets": targets.get("Targets", [])}
    return found | {"EventPattern": json.loads(found.get("EventPattern", "{}"))}


def _alarm(services: Services, one: Resource) -> Properties:
    name = one.properties["AlarmName"]
    return services.named("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName", name)


def _composite(services: Services, one: Resource) -> Properties:
    name, kinds = one.properties["AlarmName"], ["CompositeAlarm"]
    return services.named(
        "cloudwatch", "describe_alarms", "CompositeAlarms", "AlarmName", name, AlarmTypes=kinds
    )


def _dashboard(services: Services, one: Resource) -> Properties:
    found, wanted = (
        services.ask("cloudwatch", "get_dashboard", DashboardName=one.id),
        one.properties["DashboardBody"],
    )
    # The body is a text with any spaces; it is the declared one if it says the same.
    same = json.loads(found.get("DashboardBody", "{}")) == json.loads(wanted)
    return found | ({"DashboardBody": wanted} if same else {})


def _log_group(services: Services, one: Resource) -> Properties:
    return _capitalized(services.named("logs", "describe_log_groups", "logGroups", "logGroupName", one.id))


def _mail_identity(services: Services, one: Resource) -> Properties:
    found = services.ask("sesv2", "get_email_identity", EmailIdentity=one.id)
    feedback = {"EmailForwardingEnabled": found["FeedbackForwardingStatus"]}
    return found | {"EmailIdentity": one.id, "FeedbackAttributes": feedback}


def _mail_configuration(services: Services, one: Resource) -> Properties:
    found = services.ask("sesv2", "get_configuration_set", ConfigurationSetName=one.id)
    return found | {"Name": found.get("ConfigurationSetName")}


def _mail_reports(services: Services, one: Resource) -> Properties:
    which = {"ConfigurationSetName": one.properties["ConfigurationSetName"]}
    listed = services.ask("sesv2", "get_configuration_set_event_destinations", **which)
    for found in listed.get("EventDestinations", []):
        if found["Name"] == one.properties["EventDestination"]["Name"]:
            kinds = [kind.lower() for kind in found.get("MatchingEventTypes", [])]
            topic = {"TopicARN": found.get("SnsDestination", {}).get("TopicArn")}
            return which | {
                "EventDestination": found | {"MatchingEventTypes": kinds, "SnsDestination": topic}
            }
    return which


def _rest_api(services: Services, one: Resource) -> Properties:
    found = services.ask("apigateway", "get_rest_api", restApiId=one.id)
    kinds = found.get("endpointConfiguration", {}).get("types", [])
    return _capitalized(found) | {
        "EndpointConfiguration": {"Types": kinds},
        "Parameters": {"endpointConfigurationTypes": kinds},
    }


def _stage(services: Services, one: Resource) -> Properties:
    api, name = one.properties["RestApiId"], one.properties["StageName"]
    found = services.ask("apigateway", "get_stage", restApiId=api, stageName=name)
    settings = found.get("methodSettings", {})
    return (
        {"TracingEnabled": False}
        | _capitalized(found)
        | {
            "RestApiId": api,
            "AccessLogSetting": _capitalized(found.get("accessLogSettings", {})),
            "MethodSettings": [_setting(path, values) for path, values in settings.items()],
        }
    )


def _setting(path: str, values: dict[str, Any]) -> dict[str, Any]:
    resource, _, verb = path.rpartition("/")
    return _capitalized(values) | {"ResourcePath": f"/{resource.lstrip('/')}", "HttpMethod": verb}


def _account(services: Services, _: Resource) -> Properties:
    return {"CloudWatchRoleArn": services.ask("apigateway", "get_account").get("cloudwatchRoleArn")}


def _capitalized(found: Mapping[str, Any]) -> dict[str, Any]:
    """Write names as templates have them: API Gateway's own, and those of logs, begin with a small letter."""
    return {name[0].upper() + name[1:]: value for name, value in found.items()}


READERS: dict[str, Reader] = {
    "AWS::ApiGateway::Account": _account,
    "AWS::ApiGateway::RestApi": _rest_api,
    "AWS::ApiGateway::Stage": _stage,
    "AWS::CloudWatch::Alarm": _alarm,
    "AWS::CloudWatch::CompositeAlarm": _composite,
    "AWS::CloudWatch::Dashboard": _dashboard,
    "AWS::Events::Rule": _rule,
    "AWS::IAM::ManagedPolicy": _managed_policy,
    "AWS::IAM::Role": _role,
    "AWS::Lambda::EventInvokeConfig": _invoke_config,
    "AWS::Lambda::EventSourceMapping": _event_source,
    "AWS::Lambda::Function": _function,
    "AWS::Lambda::Permission": _permission,
    "AWS::Logs::LogGroup": _log_group,
    "AWS::SES::ConfigurationSet": _mail_configuration,
    "AWS::SES::ConfigurationSetEventDestination": _mail_reports,
    "AWS::SES::EmailIdentity": _mail_identity,
}
