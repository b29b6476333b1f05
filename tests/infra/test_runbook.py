"""Tests the runbook: a section for each alarm and no other, and commands that exist."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import typer

from infra.ops.__main__ import app
from infra.template.alarm_table import ALARMS, COMPOSITE
from infra.template.alarms import PARTS, RUNBOOK, BadSection, read_runbook
from tests.infra.templates import Template, of_type, plain

PAGE = RUNBOOK.read_text(encoding="utf-8")
SECTIONS = read_runbook(RUNBOOK)
DOCS = RUNBOOK.parent
OF_OPERATORS = ("operations", "restore", "deploy", "limits")
NAMES = [*dict.fromkeys(row.section for row in ALARMS), COMPOSITE]


def test_each_alarm_has_a_section_and_each_section_an_alarm() -> None:
    assert sorted(SECTIONS) == sorted(NAMES)
    assert len(re.findall(r"^### ", PAGE, re.MULTILINE)) == len(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_section_says_meaning_first_look_remedy_and_test(name: str) -> None:
    assert tuple(SECTIONS[name]) == PARTS
    assert f"ops alarms test {name if name != COMPOSITE else ''}" in SECTIONS[name]["Test"]


def test_description_of_each_alarm_is_its_meaning_and_links_its_section(service: Template) -> None:
    kinds = ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm")
    described = {
        plain(one["Properties"]["AlarmName"]).removeprefix("ru4m-${Stage}-"): one["Properties"]
        for kind in kinds
        for one in of_type(service, kind).values()
    }
    named = {row.name: row.section for row in ALARMS} | {COMPOSITE: COMPOSITE}
    assert described.keys() == named.keys()
    for name, section in named.items():
        text = described[name]["AlarmDescription"]
        assert text == f"{SECTIONS[section]['Meaning']} See docs/runbook.md#{section}"
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
    named = set(re.findall(r"`ops ([^`]+)`", PAGE))
    assert len(named) > 20
    assert _unknown(named) == set()


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
