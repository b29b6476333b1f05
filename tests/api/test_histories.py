"""Operators read a history of the Ledger, and each look is on record (ADR 93)."""

from typing import Any

import pytest

from chalicelib.core import chain
from chalicelib.core.chain import Chain
from chalicelib.core.ids import RightsRequestId, StaffId
from chalicelib.operations.admin import ledger
from chalicelib.rights.operators import inspect
from chalicelib.rights.request.evidence import history_of
from chalicelib.staff import cases
from tests.support.cases.copies import a_copy
from tests.support.world.ledger import alter_newest, overwrite, write
from tests.support.world.operators import Operator
from tests.support.world.world import Reply, User, World


@pytest.fixture
def mila(world: World) -> User:
    return world.a_user().is_stepped_up()


def reads(by: Operator, name: str, cursor: str | None = None) -> Reply:
    path = "/admin/v1/ledger/entries" + (f"?cursor={cursor}" if cursor else "")
    return by.world.call("POST", path, body={"chain": name}, arn=by.arn)


def events(reply: Reply) -> list[str]:
    assert reply.status == 200, reply.text
    return [one["event"] for one in reply.json["evidence"]]


def own(of: Operator) -> Chain:
    return Chain("staff", of.staff_id)


def looks(of: Operator) -> list[Any]:
    """Return the chains at which an operator looked, by the operator's own history."""
    return [name for entry in chain.entries(own(of)) for name in entry.data.get("chains", ())]


@pytest.mark.promise("RGT-10", "SEC-1")
def test_officer_reads_what_a_colleague_looked_at_and_leaves_an_entry(
    alice: Operator, bob: Operator, asked: str
) -> None:
    alice.lists()
    reply = reads(bob, own(alice).name)
    (entry,) = reply.json["evidence"]
    assert (entry["event"], entry["said"]) == ("listed", {"by": alice.staff_id, "requests": [asked]})
    assert reply.json["staff"] == {alice.staff_id: alice.arn}
    assert looks(bob) == [own(alice).name]


def test_history_of_a_colleague_is_found_by_arn(alice: Operator, bob: Operator, asked: str) -> None:
    alice.lists()
    assert events(reads(bob, f"staff#{alice.arn}")) == ["listed"]
    assert looks(bob) == [own(alice).name]
    assert reads(bob, "staff#arn:aws:iam::123456789012:user/zora").problem == "not_found"


@pytest.mark.promise("RGT-10")
def test_look_at_the_history_of_a_request_is_in_it_and_in_the_copy(
    mila: User, bob: Operator, asked: str
) -> None:
    assert events(reads(bob, f"rights#{asked}")) == ["received"]
    assert [entry.event for entry in chain.entries(history_of(RightsRequestId(asked)))][-1] == "inspected"
    assert looks(bob) == [f"rights#{asked}"]
    shown = [one["event"] for one in a_copy(mila).records("request_evidence") if one["chain"] == "rights"]
    assert "inspected" in shown


@pytest.mark.parametrize("kind", inspect.SHOWN_CHAINS)
def test_history_of_each_kind_is_shown_newest_first(alice: Operator, kind: str) -> None:
    name = f"staff#{StaffId.new()}" if kind == "staff" else f"{kind}#x-1"
    write(Chain.parse(name), 3)
    assert [one["said"]["n"] for one in reads(alice, name).json["evidence"]] == [2, 1, 0]


@pytest.mark.promise("SEC-1")
@pytest.mark.parametrize("name", ["consent#p-mila", "tombstone#t-1", "nonsense#1", "hold#", "#", ""])
def test_chain_that_names_a_subject_or_is_none_is_refused_with_the_kinds(alice: Operator, name: str) -> None:
    write(Chain("consent", "p-mila"), 1)
    reply = reads(alice, name)
    assert reply.problem == "invalid_request"
    assert ", ".join(inspect.SHOWN_CHAINS) in reply.text
    assert looks(alice) == []


@pytest.mark.promise("SEC-1")
def test_text_of_an_operator_that_names_no_chain_is_not_recorded(alice: Operator) -> None:
    assert reads(alice, "hold#Mila").problem == "not_found"
    assert looks(alice) == []


@pytest.mark.promise("SEC-1")
def test_history_is_not_shown_if_the_look_cannot_be_recorded(
    alice: Operator, bob: Operator, asked: str
) -> None:
    alice.lists()
    bob.lists()
    alter_newest(own(bob))
    reply = reads(bob, own(alice).name)
    assert (reply.status, asked in reply.text) == (503, False)


def test_pages_of_a_history_show_each_entry_once(alice: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cases, "MAX_ENTRIES", 2)
    monkeypatch.setattr(ledger, "MAX_ENTRIES", 2)
    write(long := Chain("hold", "h-1"), 5)
    seen, cursor = list[int](), None
    while True:
        page = reads(alice, long.name, cursor).json
        seen += [one["seq"] for one in page["evidence"]]
        if not (cursor := page.get("next_cursor")):
            break
    assert seen == [5, 4, 3, 2, 1]
    assert events(reads(alice, long.name, "h1")) == ["given"]
    assert reads(alice, long.name, "7").problem == "invalid_request"


def test_history_with_an_altered_entry_is_not_shown(alice: Operator) -> None:
    write(altered := Chain("hold", "h-1"), 3)
    overwrite(altered, 2, event="forged")
    reply = reads(alice, altered.name)
    assert (reply.status, "evidence" in reply.json) == (200, False)
    assert looks(alice) == [altered.name]
