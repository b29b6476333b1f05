"""Tests the runbook: a section for each alarm and no other, and commands that exist."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import typer

from infra.build import Package
from infra.deployment import role
from infra.ops.__main__ import app
from infra.template.alarm_table import ALARMS, COMPOSITE
from infra.template.alarms import PARTS, RUNBOOK, BadSection, read_runbook
from tests.infra.templates import Template, listed, of_type, plain
from tests.support import runbook
from tests.support.runbook import PAGE, SECTIONS

DOCS = RUNBOOK.parent
OF_OPERATORS = ("operations", "restore", "deploy", "limits")
NAMES = [*dict.fromkeys(row.section for row in ALARMS), COMPOSITE]


def test_each_alarm_has_a_section_and_each_section_an_alarm() -> None:
    assert sorted(SECTIONS) == sorted(NAMES)
    assert len(re.findall(r"^### ", PAGE, re.MULTILINE)) == len(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_section_says_meaning_needs_first_look_remedy_and_test(name: str) -> None:
    assert tuple(SECTIONS[name]) == PARTS
    assert f"ops alarms test {name if name != COMPOSITE else ''}" in SECTIONS[name]["Test"]


def test_description_of_each_alarm_is_severity_meaning_and_link_of_its_section(service: Template) -> None:
    kinds = ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm")
    described = {
        plain(one["Properties"]["AlarmName"]).removeprefix("ru4m-${Stage}-"): one["Properties"]
        for kind in kinds
        for one in of_type(service, kind).values()
    }
    named = {row.name: (row.severity, row.section) for row in ALARMS} | {COMPOSITE: ("today", COMPOSITE)}
    assert described.keys() == named.keys()
    for name, (severity, section) in named.items():
        text, meaning = described[name]["AlarmDescription"], SECTIONS[section]["Meaning"]
        assert text == f"Severity: {severity}. {meaning} See docs/runbook.md#{section}"
        assert len(text) <= 1024  # CloudWatch's limit


def _commands(group: Any = None, path: tuple[str, ...] = ()) -> set[str]:
    """The commands of operations, each with its groups, as `queues redrive`."""
    group = group or typer.main.get_command(app)
    found: set[str] = set()
    for name, command in group.commands.items():
        inner = hasattr(command, "commands")
        found |= _commands(command, (*path, name)) if inner else {" ".join((*path, name))}
    return found


def _unknown(named: Iterable[str]) -> set[str]:
    """Those of these texts that do not begin with a command."""
    known = _commands()
    starts = {text: [" ".join(text.split()[:length]) for length in (1, 2, 3)] for text in named}
    return {text for text, some in starts.items() if known.isdisjoint(some)}


def test_each_command_that_the_runbook_names_exists() -> None:
    named = set(runbook.ops_commands(PAGE))
    assert len(named) > 20
    assert _unknown(named) == set()


def test_each_aws_command_of_the_runbook_is_an_operation_with_its_options() -> None:
    commands = list(runbook.aws_commands(PAGE))
    assert len(commands) > 20
    assert [one.action for one in commands if role.kinds_of(one.action) is None] == []


def test_each_log_and_event_source_in_the_runbook_is_of_a_function() -> None:
    functions = json.loads((DOCS.parent / ".chalice" / "config.json").read_text())["lambda_functions"]
    named = re.findall(r"ops logs (\S+)|--function-name ru4m-STAGE-(\w+)", PAGE)
    assert len(named) > 50
    assert {"".join(one) for one in named} - functions.keys() == set()


def test_section_names_a_log_by_the_command_that_reads_it() -> None:
    assert (
        re.findall(r"(?:log|schedule) of [a-z]+_\w+", " ".join(s["First look"] for s in SECTIONS.values()))
        == []
    )


def test_each_schedule_in_the_runbook_is_of_a_job(service: Template) -> None:
    named = set(re.findall(r"--name-prefix ru4m-STAGE-service-(\w+)`", PAGE))
    assert len(named) > 8
    schedules = of_type(service, "AWS::Serverless::Function")
    assert named - {name for name, one in schedules.items() if one["Properties"].get("Events")} == set()


@pytest.fixture(scope="module")
def deployed(package: Package) -> set[str]:
    """Return the actions of the role that deploys."""
    policies = role.policies(role.templates_of(package)).values()
    return {action for one in policies for statement in one["Statement"] for action in statement["Action"]}


def test_each_section_names_the_roles_that_its_commands_need(deployed: set[str]) -> None:
    def stated(needs: str) -> list[str]:
        return (needs[0].lower() + needs[1:]).removesuffix(".").split(", ")

    wrong = {
        name: needed
        for name, section in SECTIONS.items()
        if stated(section["Needs"]) != (needed := runbook.needs(section, deployed))
    }
    assert wrong == {}


@pytest.mark.promise("SEC-1")
def test_on_call_role_has_what_the_runbook_needs_and_nothing_else(service: Template) -> None:
    policy = of_type(service, "AWS::IAM::ManagedPolicy")["OnCallPolicy"]
    statements = policy["Properties"]["PolicyDocument"]["Statement"]
    granted = [(a, r) for s in statements for a in listed(s["Action"]) for r in listed(s["Resource"])]
    assert sorted(granted) == sorted(runbook.on_call_grants())


@pytest.mark.promise("SEC-1")
def test_on_call_role_reads_no_item_no_secret_and_no_copy() -> None:
    actions = {action for action, _ in runbook.on_call_grants()}
    reading = re.compile(
        r"dynamodb:(.*Item|Query|Scan|GetRecords)|secretsmanager:.*|s3:.*|kms:.*|execute-api:.*"
    )
    assert [one for one in actions if reading.fullmatch(one)] == []


@pytest.mark.parametrize(
    ("remedy", "needed"),
    [
        ("`ops rights approve`", ["two operators"]),
        ("`ops rights list`", ["operator"]),
        ("`ops purge run`, or deploy.", ["on-call", "deployment"]),
        ("`aws lambda list-event-source-mappings`", ["on-call"]),
        ("`aws lambda update-event-source-mapping`", ["deployment"]),
        ("`aws dynamodb delete-backup`", ["administrator"]),
        ("Look at Stream's dashboard.", ["Stream's dashboard"]),
        ("Wait.", ["on-call"]),
    ],
)
def test_role_of_a_section_follows_from_its_commands(
    remedy: str, needed: list[str], deployed: set[str]
) -> None:
    assert runbook.needs({"First look": "", "Remedy": remedy}, deployed) == needed


def test_each_command_that_the_pages_for_operators_name_exists() -> None:
    pages = "\n".join((DOCS / f"{name}.md").read_text(encoding="utf-8") for name in OF_OPERATORS)
    named = set(
        re.findall(
            r"(?:infra\.ops|^ *ops)(?: --\S+(?: ana| marko| production)?)* ([a-z][a-z -]*)",
            pages,
            re.MULTILINE,
        )
    )
    assert len(named) > 60
    assert _unknown(named) == set()


def test_each_queue_that_a_command_of_the_runbook_names_takes_failed_messages(service: Template) -> None:
    named = set(re.findall(r"`ops queues (?:redrive|purge) ([^`]+)`", PAGE))
    queues = {
        plain(queue["Properties"]["QueueName"]).removeprefix("ru4m-${Stage}-")
        for queue in of_type(service, "AWS::SQS::Queue").values()
        if "RedrivePolicy" not in queue["Properties"]
    }
    assert named == queues


def test_each_alarm_that_a_page_links_has_a_section() -> None:
    pages = (page.read_text(encoding="utf-8") for page in DOCS.glob("*.md"))
    linked = {name for page in pages for name in re.findall(r"runbook\.md#([a-z-]+)", page)}
    assert len(linked) > 20
    assert linked - SECTIONS.keys() == set()


def test_operations_links_the_runbook() -> None:
    assert "(runbook.md)" in (DOCS / "operations.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "### a\n\n**Meaning.** One.\n\n**First look.** Two.\n\n**Remedy.** Three.\n",
            "a has the paragraphs",
        ),
        ("### a\n\nWords.\n", "a has the paragraphs none"),
    ],
)
def test_section_without_a_paragraph_is_refused(text: str, problem: str, tmp_path: Path) -> None:
    page = tmp_path / "runbook.md"
    page.write_text(text)
    with pytest.raises(BadSection, match=problem):
        read_runbook(page)


def test_second_section_of_an_alarm_is_refused(tmp_path: Path) -> None:
    page = tmp_path / "runbook.md"
    page.write_text("### a\n\n" + "\n\n".join(f"**{part}.** Words." for part in PARTS) + "\n\n")
    page.write_text(page.read_text() * 2)
    with pytest.raises(BadSection, match="two sections"):
        read_runbook(page)
