"""Operators save a file of a report by a command, and look at a picture on the desk (ADR 122)."""

from __future__ import annotations

import re
from base64 import b64decode
from html import unescape
from pathlib import Path

import pytest

from chalicelib.privacy.purposes import Practice
from chalicelib.safety.reports.reported_files import opened
from infra.stream_emulator import Emulator
from tests.support.cases.abuse import reports_message, work
from tests.support.cases.disclosures import an_approved_order
from tests.support.cases.images import a_png
from tests.support.cases.reported_files import sends_file
from tests.support.pages.desk import desk_of
from tests.support.stream.conversations import some_contacts
from tests.support.world.commands import Commands, Wire
from tests.support.world.operators import Operator
from tests.support.world.practices import describe
from tests.support.world.world import User, World

pytestmark = pytest.mark.promise("SAF-1")


@pytest.fixture
def two(world: World, stream: Emulator) -> list[User]:
    describe(Practice.REPORTING)
    return some_contacts(world, 2)


def a_report(two: list[User], content: bytes, folder: Path, reason: str = "harassment") -> str:
    """Report a message with a file, and let the job keep it."""
    mila, jovan = two
    talk = str(mila.opens(jovan).json["conversation_id"])
    sends_file(jovan, talk, content, folder)
    report = str(reports_message(mila, jovan, talk, reason=reason)["abuse_report_id"])
    work()
    return report


def test_operator_saves_a_file(two: list[User], wire: Wire, tmp_path: Path) -> None:
    run, report = Commands("abuse", wire), a_report(two, b"%PDF-1.7", tmp_path)
    assert "application/pdf" in run("alice", "show", report).output
    saved = tmp_path / "saved"
    assert "8 bytes" in run("alice", "file", report, "--file", "1", "--out", str(saved)).output
    assert saved.read_bytes() == b"%PDF-1.7"


def test_picture_is_shown_by_a_second_click(two: list[User], wire: Wire, tmp_path: Path) -> None:
    picture, desk = a_png(), desk_of("alice", wire)
    report = a_report(two, picture, tmp_path)
    case = desk.open(f"/abuse-reports/{report}", {}).html
    assert "<img" not in case
    (link,) = set(re.findall(r'href="([^"]+/files/1)"', case))
    shown = desk.open(link, {}).html
    (content,) = re.findall(r'src="data:image/png;base64,([^"]+)"', shown)
    assert b64decode(content) == picture
    assert "X-Amz-Signature" not in shown


def test_other_file_is_never_part_of_a_page(two: list[User], wire: Wire, tmp_path: Path) -> None:
    report = a_report(two, b"<svg onload=alert(1)>", tmp_path)
    shown = desk_of("alice", wire).open(f"/abuse-reports/{report}/files/1", {})
    assert shown.status == 200
    assert {"<img", "<svg"}.isdisjoint(re.findall(r"<\w+", shown.html))


def test_file_of_a_child_is_handed_over_sealed(
    two: list[User], wire: Wire, tmp_path: Path, alice: Operator, bob: Operator
) -> None:
    report = a_report(two, a_png(), tmp_path, "child_safety")
    run, saved = Commands("abuse", wire), tmp_path / "saved"
    refused = run("alice", "file", report, "--file", "1", "--out", str(saved))
    assert "leaves by a disclosure only" in refused.output
    assert not saved.exists()
    shown = desk_of("alice", wire).open(f"/abuse-reports/{report}/files/1", {}).html
    assert "<img" not in shown
    assert f"abuse hand-over {report} --file 1" in unescape(re.sub(r"<[^>]+>", "", shown))
    assert "handover" not in shown
    order = an_approved_order(alice, bob, two[1], scope=["reported_file"], extract="The file")
    words = ("hand-over", report, "--file", "1", "--disclosure", order, "--out", str(saved))
    assert "key and place" in run("alice", *words).output
    key, place = (tmp_path / "saved.key").read_text().split()
    assert opened(saved.read_bytes(), place, key) == a_png()
    assert "exists: name a new file" in run("alice", *words).output


def test_page_of_a_report_leads_to_the_decision_about_it(two: list[User], wire: Wire, tmp_path: Path) -> None:
    report = a_report(two, a_png(), tmp_path)
    case = unescape(desk_of("alice", wire).open(f"/abuse-reports/{report}", {}).html)
    assert f"/safety-decisions?method=POST&report_ids={report}" in case
