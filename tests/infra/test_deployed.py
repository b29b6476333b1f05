"""Tests how a deployment to an emulator is compared with its templates, and the list of what lacks."""

from __future__ import annotations

import json
from typing import Any

import pytest

from infra.build import ROOT
from infra.deployment.account import AwsAccount
from infra.local.deployed.completion import DROPPED, differences
from infra.local.deployed.templates import Resource, declared
from infra.local.emulator import REGION


@pytest.mark.parametrize(
    ("wanted", "found", "paths"),
    [
        ({"Ttl": {"On": True}}, {"Ttl": {"On": "true"}, "More": 1}, []),
        ({"Ttl": {"On": True}}, {"Ttl": {"On": False}}, ["Ttl.On"]),
        ({"Ttl": {"On": True}}, {}, ["Ttl"]),
        ({"Days": 7}, {"Days": "7"}, []),
        ({"Days": 7}, {"Days": None}, ["Days"]),
        ({"Tags": {}, "List": []}, {}, []),
        ({"Rules": [{"Id": "a", "Days": 1}]}, {"Rules": [{"Id": "b"}, {"Days": 1, "Id": "a"}]}, []),
        ({"Rules": [{"Id": "a", "Days": 1}]}, {"Rules": [{"Id": "a", "Days": 2}]}, ["Rules.a.Days"]),
        ({"Rules": [{"Id": "a", "Days": 1}]}, {"Rules": []}, ["Rules.a"]),
        ({"Action": ["one"]}, {"Action": "one"}, []),
        ({"Action": ["one", "two"]}, {"Action": ["one"]}, ["Action.two"]),
    ],
)
def test_comparison_names_what_is_absent_or_another(wanted: Any, found: Any, paths: list[str]) -> None:
    assert list(differences(wanted, found)) == paths


def test_documentation_has_the_list_and_its_reasons() -> None:
    text = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
    documented = text.partition("### What the local cloud lacks of the templates")[2].partition("\n#")[0]
    rows = [line for line in documented.splitlines() if line.startswith("| ") and "| why |" not in line]
    assert rows == [
        f"| {one.kind.removeprefix('AWS::')} | {one.rule}{_of(one.only)} | {one.reason} |" for one in DROPPED
    ]


def _of(resources: tuple[str, ...]) -> str:
    return f" of {', '.join(resources)}" if resources else ""


def test_intrinsic_functions_are_resolved_as_for_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    template = {
        "Conditions": {
            "OnAws": {"Fn::Not": [{"Fn::Equals": [{"Ref": "OnEmulator"}, "yes"]}]},
            "Kept": {"Fn::Equals": [{"Ref": "Days"}, 0]},
        },
        "Resources": {
            "Queue": {
                "Type": "AWS::SQS::Queue",
                "Properties": {
                    "QueueName": {"Fn::Sub": "ru4m-${Stage}-${!kept}-${AWS::Region}"},
                    "Days": {"Fn::If": ["Kept", {"Ref": "Days"}, {"Ref": "AWS::NoValue"}]},
                    "Arns": [{"Fn::GetAtt": ["Queue", "Arn"]}, {"Fn::Sub": "${Queue.QueueName}/*"}],
                },
            },
            "OnlyOnAws": {"Type": "A", "Condition": "OnAws", "Properties": {}},
            "OnlyIfKept": {"Type": "A", "Condition": "Kept", "Properties": {}},
        },
    }
    account = _Stacked(template, {"Stage": "local", "OnEmulator": "yes", "Days": "7"})
    monkeypatch.setattr("infra.local.deployed.templates.STACKS", ("data",))
    found = {one.name: one for one in declared(account, "local")}
    assert found.keys() == {"Queue", "OnlyOnAws"}
    assert found["OnlyOnAws"] == Resource("OnlyOnAws", "A", "", {})
    assert found["Queue"].properties == {
        "QueueName": "ru4m-local-${kept}-eu-central-1",
        "Arns": ["arn:aws:sqs:eu-central-1:123456789012:of-queue", "of-queue/*"],
    }


class _Stacked(AwsAccount):
    """An account with one stack, whose queue has an id of its own."""

    def __init__(self, template: dict[str, Any], parameters: dict[str, str]) -> None:
        super().__init__(REGION)
        self._clients["cloudformation"] = _CloudFormation(template, parameters)

    number = "123456789012"


class _CloudFormation:
    def __init__(self, template: dict[str, Any], parameters: dict[str, str]) -> None:
        self.template, self.parameters = template, parameters

    def describe_stacks(self, **_: Any) -> Any:
        held = [{"ParameterKey": k, "ParameterValue": v} for k, v in self.parameters.items()]
        return {"Stacks": [{"StackStatus": "CREATE_COMPLETE", "Parameters": held}]}

    def get_template(self, **asked: Any) -> Any:
        assert asked["TemplateStage"] == "Processed"
        return {"TemplateBody": json.loads(json.dumps(self.template))}

    def get_paginator(self, _: str) -> Any:
        return self

    def paginate(self, **_: Any) -> Any:
        ids = {"LogicalResourceId": "Queue", "PhysicalResourceId": "http://host/123456789012/of-queue"}
        yield {"StackResourceSummaries": [ids]}
