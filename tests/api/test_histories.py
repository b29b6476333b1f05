"""Operators read a history of the Ledger, and each look is on record (ADR 93)."""

from typing import Any

import pytest

from chalicelib.core import chain
from chalicelib.core.chain import Chain
from chalicelib.core.clock import DAY
from chalicelib.core.ids import RightsRequestId, StaffId
from chalicelib.core.table import Table
from chalicelib.rights.operators import inspect
from chalicelib.rights.request.evidence import history_of
from chalicelib.staff import cases
from tests.support.cases.copies import a_copy, damage
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


@pytest.mark.promise("RGT-10")
def test_history_of_an_altered_request_is_shown(bob: Operator, asked: str) -> None:
    damage(Table.RIGHTS, f"R#{asked}", "request", sealed=b"altered")
    assert events(reads(bob, f"rights#{asked}")) == ["received"]
    assert looks(bob) == [f"rights#{asked}"]


@pytest.fixture
def pages_of_two(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cases, "MAX_ENTRIES", 2)


@pytest.mark.parametrize("number", [4, 5])
def test_pages_of_a_history_show_each_entry_once(pages_of_two: None, alice: Operator, number: int) -> None:
    write(long := Chain("hold", "h-1"), number)
    seen, cursor = list[int](), None
    while True:
        page = reads(alice, long.name, cursor).json
        seen += [one["seq"] for one in page["evidence"]]
        if not (cursor := page.get("next_cursor")):
            break
    assert seen == list(range(number, 0, -1))
    assert events(reads(alice, long.name, "h1")) == ["given"]
    assert reads(alice, long.name, "7").problem == "invalid_request"


@pytest.mark.promise("SEC-1")
def test_page_after_which_all_entries_expired_is_empty_and_not_recorded(
    world: World, pages_of_two: None, alice: Operator
) -> None:
    write(old := Chain("hold", "h-1"), 2, life=DAY)
    write(old, 2)
    world.advance(2 * DAY)
    cursor = reads(alice, old.name).json["next_cursor"]
    assert events(reads(alice, old.name, cursor)) == []
    assert events(reads(alice, "hold#Mila", cursor)) == []
    assert looks(alice) == [old.name]


def test_history_with_an_altered_entry_is_not_shown(alice: Operator) -> None:
    write(altered := Chain("hold", "h-1"), 3)
    overwrite(altered, 2, event="forged")
    reply = reads(alice, altered.name)
    assert (reply.status, "evidence" in reply.json) == (200, False)
    assert looks(alice) == [altered.name]
