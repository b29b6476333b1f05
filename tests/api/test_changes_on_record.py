"""Each change of number, mailbox or language leaves an entry and a mark in its transaction (ADR 66)."""

from __future__ import annotations

import pytest

from chalicelib.accounts.model import ChangeKind
from chalicelib.core import chain
from tests.support.cases.changes import changes_of, marks
from tests.support.cases.copies import a_copy
from tests.support.world.builders import a_phone, an_address
from tests.support.world.ledger import alter_newest
from tests.support.world.world import User, World


@pytest.mark.promise("ACC-1", "SEC-1")
def test_changes_leave_an_instant_in_the_ledger_and_a_sealed_mark(world: World, mila: User) -> None:
    phone, address = a_phone(), an_address()
    mila.has_email(an_address())
    mila.has_email(address)
    mila.is_stepped_up()
    assert mila.changes(email=None).status == 200
    mila.changes(locale="sr")
    mila.changes_number(phone)
    entries = {kind: list(chain.entries(changes_of(mila, kind))) for kind in ChangeKind}
    assert {kind: len(found) for kind, found in entries.items()} == {
        ChangeKind.NUMBER: 1,
        ChangeKind.MAILBOX: 2,  # replaced and removed; one that is added leaves no trace
        ChangeKind.LANGUAGE: 1,
    }
    assert {tuple(entry.data) for found in entries.values() for entry in found} == {("at",)}
    assert sorted(mark["change"]["S"] for mark in marks()) == sorted(ChangeKind)
    assert not any(value in str(marks()) for value in (phone, address, "'sr'"))


@pytest.mark.promise("ACC-1")
def test_mark_and_entry_last_a_day_longer_than_any_backup(world: World, mila: User) -> None:
    mila.changes_number(a_phone())
    (mark,) = marks()
    entry = chain.head(changes_of(mila, ChangeKind.NUMBER))
    assert entry
    days = [
        (int(mark["delete_at"]["N"]) - world.now.timestamp()) / 86_400,
        (entry.delete_at - world.now).days,
    ]
    assert days == [36, 36]


@pytest.mark.promise("RGT-1")
def test_copy_has_the_mark_and_the_history_of_a_change(world: World, mila: User) -> None:
    mila.changes(locale="sr")
    copied = a_copy(mila)
    assert [mark["locale"] for mark in copied.records("last_change")] == ["sr"]
    assert [entry["chain"] for entry in copied.records("evidence")] == [ChangeKind.LANGUAGE]


def test_altered_history_keeps_nobody_from_a_change(world: World, mila: User) -> None:
    mila.changes(locale="sr")
    alter_newest(changes_of(mila, ChangeKind.LANGUAGE))
    assert mila.changes(locale="en").status == 200
    assert len(marks()) == 1
    assert mila.profile()["locale"] == "en"
    assert any(line.get("message") == "change_not_recorded" for line in world.log_lines)
