"""Tests the guard of AWS's quotas: each violation, planted once, is found."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from infra.build import Package
from infra.deployment.target import _MOST_FIGURES, _MOST_REPRESENTATIVES, _MOST_SENDERS
from infra.guards.quotas import judge, translate
from tests.infra.templates import Template


def test_service_without_the_version_of_openapi_has_a_second_stage(package: Package, tmp_path: Path) -> None:
    template = json.loads(package.template("service").read_text())
    api = template["Resources"]["RestAPI"]
    assert api["Properties"].pop("OpenApiVersion") == "2.0"
    planted = tmp_path / "service.json"
    planted.write_text(json.dumps(template | {"Resources": {"RestAPI": api}}))
    (found,) = judge(translate(planted))
    assert (found.rule, found.text) == ("one stage", "the API has the stages Stage, api")


def test_longest_texts_of_a_deployment_are_those_of_the_template(service: Template) -> None:
    longest = {
        "Figures": _MOST_FIGURES,
        "Representatives": _MOST_REPRESENTATIVES,
        "SmsSenders": _MOST_SENDERS,
    }
    assert {name: service["Parameters"][name]["MaxLength"] for name in longest} == longest


def a_function(**properties: Any) -> Template:
    return {"Resources": {"Job": {"Type": "AWS::Lambda::Function", "Properties": properties}}}


def with_variables(**variables: Any) -> Template:
    return a_function(Environment={"Variables": variables})


def topics(number: int) -> Template:
    return {"Resources": {f"Topic{n}": {"Type": "AWS::SNS::Topic"} for n in range(number)}}


def parameters(number: int) -> Template:
    return {"Parameters": {f"Name{n}": {"Type": "String"} for n in range(number)}, "Resources": {}}


def a_role(*lengths: int) -> Template:
    policies = [{"PolicyDocument": {"Sid": "x" * (length - len('{"Sid":""}'))}} for length in lengths]
    return {"Resources": {"Role": {"Type": "AWS::IAM::Role", "Properties": {"Policies": policies}}}}


FIT: dict[str, Template] = {
    "resources": topics(500),
    "parameters": parameters(200),
    "policies": a_role(5_000, 5_240),
    "name": a_function(FunctionName={"Fn::Sub": "ru4m-${Stage}-" + "x" * 48}),
    "environment": with_variables(A="x" * (4_096 - 128 - len('{"A":""}'))),
}
PLANTED: dict[str, Template] = {
    "bytes of the template": {"Description": "x" * 1_000_000, "Resources": {}},
    "resources": topics(501),
    "parameters": parameters(201),
    "policies": a_role(5_000, 5_241),
    "name": a_function(FunctionName={"Fn::Sub": "ru4m-${Stage}-" + "x" * 49}),
    "environment": with_variables(A="x" * 4_096),
}


@pytest.mark.parametrize("quota", FIT)
def test_template_at_a_quota_is_accepted(quota: str) -> None:
    assert list(judge(FIT[quota])) == []


@pytest.mark.parametrize("quota", PLANTED)
def test_template_over_a_quota_is_refused(quota: str) -> None:
    (found,) = judge(PLANTED[quota])
    assert found.rule == quota


def test_environment_is_measured_as_json_with_the_longest_values() -> None:
    figures = {"Figures": {"Type": "String", "MaxLength": 2_000}}
    quoted = '"' * 990  # each takes two bytes in JSON
    template = with_variables(FIGURES={"Ref": "Figures"}, QUOTED=quoted) | {"Parameters": figures}
    (found,) = judge(template)
    assert (found.resource, found.text) == ("Job", "4,006 of at most 3,968")
