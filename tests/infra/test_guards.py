"""The comparison of the guards' findings with the accepted ones; `make check` runs the guards themselves."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from infra.build import Package
from infra.guards.findings import AcceptedRule, Finding, accepted_rules, lint, unaccepted, unused

A_QUEUE = Finding("checkov", "CKV_1", "Queue", "Ensure that it is encrypted")
A_TOPIC = Finding("checkov", "CKV_1", "Topic", "Ensure that it is encrypted")


def test_exception_for_one_resource_does_not_cover_another() -> None:
    only_queue = AcceptedRule("checkov", "CKV_1", "a reason", only=("Queue",))
    assert unaccepted([A_QUEUE, A_TOPIC], [only_queue]) == [A_TOPIC]


def test_exception_of_one_guard_does_not_cover_another_guard() -> None:
    assert unaccepted([A_QUEUE], [AcceptedRule("cfn-lint", "CKV_1", "a reason")]) == [A_QUEUE]


def test_exception_that_finds_nothing_is_named() -> None:
    rules = [
        AcceptedRule("checkov", "CKV_1", "a reason", only=("Queue", "Gone")),
        AcceptedRule("checkov", "CKV_2", "a reason"),
        AcceptedRule("checkov", "CKV_1", "a reason"),
    ]
    assert unused([A_QUEUE], rules) == ["checkov CKV_1 Gone", "checkov CKV_2"]


def test_each_exception_has_a_reason_and_stands_once() -> None:
    rules = accepted_rules()
    assert all(len(rule.reason) > 30 for rule in rules)
    assert len({(rule.kind, rule.rule) for rule in rules}) == len(rules)


def test_exception_without_a_reason_is_refused(tmp_path: Path) -> None:
    listed = tmp_path / "exceptions.toml"
    listed.write_text('[[checkov]]\nrule = "CKV_1"\n')
    with pytest.raises(TypeError):
        accepted_rules(listed)


def test_lint_names_the_rule_and_the_resource_of_a_finding(package: Package, tmp_path: Path) -> None:
    template = json.loads(package.template("data").read_text())
    template["Resources"]["ExportBucket"]["Properties"]["Nonsense"] = 1
    wrong = tmp_path / "data.json"
    wrong.write_text(json.dumps(template))
    assert ("E3002", "ExportBucket") in {(one.rule, one.resource) for one in lint([wrong])}


def test_each_queue_is_encrypted(package: Package) -> None:
    resources = json.loads(package.template("service").read_text())["Resources"].values()
    queues = [one["Properties"] for one in resources if one["Type"] == "AWS::SQS::Queue"]
    assert queues
    assert all(queue["SqsManagedSseEnabled"] is True for queue in queues)
