"""Readers of functions, roles, schedules, alarms, logs, mail and the API, in the shape of a template."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

from infra.local.deployed.reading import Found, Readers, Services
from infra.local.deployed.templates import Resource


def _function(services: Services, one: Resource) -> Found:
    ask = services.asking("lambda")
    found: dict[str, Any] = ask("get_function", FunctionName=one.id)
    declared = "RecursiveLoop" in one.properties  # few functions declare it, and it takes a call of its own
    recursion = ask("get_function_recursion_config", FunctionName=one.id) if declared else {}
    configuration: dict[str, Any] = found["Configuration"]
    return configuration | {
        "Code": _code(services, one, configuration["CodeSha256"]),
        "RecursiveLoop": recursion.get("RecursiveLoop"),
        "ReservedConcurrentExecutions": found.get("Concurrency", {}).get("ReservedConcurrentExecutions"),
        "Tags": [{"Key": name, "Value": value} for name, value in found.get("Tags", {}).items()],
    }


def _code(services: Services, one: Resource, digest: str) -> Found:
    """The place of the package in the template if the function has that code."""
    place: dict[str, str] = one.properties["Code"]
    asked = ("code", *place.values())
    if asked not in services.answers:
        body = services.account.client("s3").get_object(Bucket=place["S3Bucket"], Key=place["S3Key"])["Body"]
        services.answers[asked] = base64.b64encode(hashlib.sha256(body.read()).digest()).decode()
    return place if services.answers[asked] == digest else {}


def _event_source(services: Services, one: Resource) -> Found:
    mappings = services.listed("lambda", "list_event_source_mappings", "EventSourceMappings")
    found: dict[str, Any] = next((mapping for mapping in mappings if mapping["UUID"] == one.id), {})
    return found | {"FunctionName": found.get("FunctionArn", "").rpartition(":")[2]}


def _invoke_config(services: Services, one: Resource) -> Found:
    name, version = one.properties["FunctionName"], one.properties["Qualifier"]
    ask = services.asking("lambda")
    found: dict[str, Any] = ask("get_function_event_invoke_config", FunctionName=name, Qualifier=version)
    return found | {"FunctionName": name, "Qualifier": version}


def _permission(services: Services, one: Resource) -> Found:
    name = one.properties["FunctionName"]
    policy = json.loads(services.asking("lambda")("get_policy", FunctionName=name).get("Policy", "{}"))
    granted = [statement for statement in policy.get("Statement", []) if statement["Sid"] == one.id]
    if not granted:
        return {}
    (statement,) = granted
    return {
        "Action": statement["Action"],
        "FunctionName": name if statement["Resource"].endswith(name) else statement["Resource"],
        "Principal": statement["Principal"].get("Service"),
        "SourceArn": statement.get("Condition", {}).get("ArnLike", {}).get("AWS:SourceArn"),
    }


def _role(services: Services, one: Resource) -> Found:
    roles = services.listed("iam", "get_account_authorization_details", "RoleDetailList")
    found: dict[str, Any] = next((role for role in roles if role["RoleName"] == one.id), {})
    return found | {
        "Policies": found.get("RolePolicyList", []),
        "ManagedPolicyArns": [policy["PolicyArn"] for policy in found.get("AttachedManagedPolicies", [])],
    }


def _managed_policy(services: Services, one: Resource) -> Found:
    ask = services.asking("iam")
    found: dict[str, Any] = ask("get_policy", PolicyArn=one.id)["Policy"]
    version = ask("get_policy_version", PolicyArn=one.id, VersionId=found["DefaultVersionId"])
    return found | {"PolicyDocument": version["PolicyVersion"]["Document"]}


def _rule(services: Services, one: Resource) -> Found:
    found: dict[str, Any] = services.asking("events")("describe_rule", Name=one.id)
    targets = services.asking("events")("list_targets_by_rule", Rule=one.id)
    return found | {"Targets": targets.get("Targets", [])}


def _alarm(services: Services, one: Resource) -> Found:
    alarms = services.listed("cloudwatch", "describe_alarms", "MetricAlarms")
    return _named(alarms, "AlarmName", one.properties["AlarmName"])


def _composite(services: Services, one: Resource) -> Found:
    kinds = ["CompositeAlarm"]
    alarms = services.listed("cloudwatch", "describe_alarms", "CompositeAlarms", AlarmTypes=kinds)
    return _named(alarms, "AlarmName", one.properties["AlarmName"])


def _dashboard(services: Services, one: Resource) -> Found:
    found: dict[str, Any] = services.asking("cloudwatch")("get_dashboard", DashboardName=one.id)
    # The body is a text with any spaces; it is the declared one if it says the same.
    same = json.loads(found.get("DashboardBody", "{}")) == json.loads(one.properties["DashboardBody"])
    return found | ({"DashboardBody": one.properties["DashboardBody"]} if same else {})


def _log_group(services: Services, one: Resource) -> Found:
    groups = services.listed("logs", "describe_log_groups", "logGroups")
    found: dict[str, Any] = _named(groups, "logGroupName", one.id)
    return {"LogGroupName": found.get("logGroupName"), "RetentionInDays": found.get("retentionInDays")}


def _mail_identity(services: Services, one: Resource) -> Found:
    found: dict[str, Any] = services.asking("sesv2")("get_email_identity", EmailIdentity=one.id)
    feedback = {"EmailForwardingEnabled": found["FeedbackForwardingStatus"]}
    return found | {"EmailIdentity": one.id, "FeedbackAttributes": feedback}


def _mail_configuration(services: Services, one: Resource) -> Found:
    found: dict[str, Any] = services.asking("sesv2")("get_configuration_set", ConfigurationSetName=one.id)
    return found | {"Name": found.get("ConfigurationSetName")}


def _mail_reports(services: Services, one: Resource) -> Found:
    ask, name = services.asking("sesv2"), one.properties["ConfigurationSetName"]
    wanted = one.properties["EventDestination"]["Name"]
    found: dict[str, Any] = ask("get_configuration_set_event_destinations", ConfigurationSetName=name)
    reports = _named(found.get("EventDestinations", []), "Name", wanted)
    kinds = [kind.lower() for kind in reports.get("MatchingEventTypes", [])]
    topic = {"TopicARN": reports.get("SnsDestination", {}).get("TopicArn")}
    destination = reports | {"MatchingEventTypes": kinds, "SnsDestination": topic}
    return {"ConfigurationSetName": name, "EventDestination": destination}


def _named(found: list[dict[str, Any]], member: str, name: str) -> dict[str, Any]:
    return next((one for one in found if one[member] == name), {})


READERS: Readers = {
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
