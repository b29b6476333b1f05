"""A subject's copy has the disclosures of their data, except while an order forbids it."""

import pytest

from chalicelib.core.clock import DAY
from chalicelib.core.table import Table
from chalicelib.rights.copy.model import CopyKind
from tests.support.cases.copies import Package, a_copy, damage
from tests.support.cases.disclosures import an_approved_order, an_order
from tests.support.clouds import cloud
from tests.support.world.operators import Operator
from tests.support.world.world import User, World

SECRET = {"secret_until": "2026-12-24T12:00:00Z", "secrecy_reference": "item 3 of the order"}


@pytest.fixture
def mila(world: World) -> User:
    return world.a_user()


def everything(package: Package) -> str:
    return "\n".join(package.text(name) for name in package.names)


def alter(user: User, disclosure_id: str) -> None:
    damage(Table.RIGHTS, f"A#{user.account_id}", f"disclosure#{disclosure_id}", sealed=b"x" * 60)


@pytest.mark.promise("RGT-1", "NOT-3")
def test_copy_discloses_who_got_which_data_and_names_no_staff(
    mila: User, alice: Operator, bob: Operator
) -> None:
    an_approved_order(alice, bob, mila)
    package = a_copy(mila)
    (record,) = package.records("disclosure")
    assert (record["recipient"], record["ground"]) == ("Higher Court in Belgrade", "court_order")
    assert record["scope"] == ["session", "security_event"]
    assert not {"proposed_by", "reviewed_by", "reason", "secrecy_reference", "version"} & set(record)
    assert not [one for one in (alice, bob) if one.staff_id in everything(package)]
    withheld = {field["name"]: field["why"] for field in package.kind("disclosure")["withheld"]}
    assert "a member of our staff" in withheld["proposed_by"]
    assert "a law forbids" in withheld["some records"]


@pytest.mark.promise("RGT-1")
def test_secret_disclosure_is_in_the_copy_once_its_secrecy_ends(
    world: World, mila: User, alice: Operator, bob: Operator
) -> None:
    an_approved_order(alice, bob, mila, **SECRET)
    during = a_copy(mila)
    assert during.records("disclosure") == []
    assert "Higher Court" not in everything(during)
    assert during.records("account")  # only the disclosure is left out
    requested_at = world.now
    world.advance(30 * DAY)
    assert len(a_copy(mila, received_at=requested_at).records("disclosure")) == 1


@pytest.mark.promise("RGT-1")
def test_secret_disclosure_that_cannot_be_opened_leaves_no_trace_in_the_copy(
    mila: User, alice: Operator, bob: Operator
) -> None:
    before = a_copy(mila)
    alter(mila, an_approved_order(alice, bob, mila, **SECRET))
    after = a_copy(mila)
    assert {name: after.text(name) for name in after.names} == {n: before.text(n) for n in before.names}


@pytest.mark.promise("RGT-1")
def test_altered_disclosure_that_is_not_secret_is_reported(
    mila: User, alice: Operator, bob: Operator
) -> None:
    alter(mila, an_approved_order(alice, bob, mila))
    (error,) = a_copy(mila).manifest["errors"]
    assert error["what"] == "disclosure"


@pytest.mark.promise("RGT-1")
def test_copy_contains_no_proposal_and_a_portable_copy_no_disclosure(
    mila: User, alice: Operator, bob: Operator
) -> None:
    alice.proposes_disclosure(an_order(mila.user_id))
    assert a_copy(mila).records("disclosure") == []
    an_approved_order(alice, bob, mila)
    assert "disclosure" not in a_copy(mila, CopyKind.PORTABILITY).data["sections"]
    assert len(cloud.records("disclosure")) == 2
