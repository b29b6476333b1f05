"""Disclosures: proposed by one operator, approved by another, before any data goes out."""

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.consents.notices.model import NoticeKind, NoticeVersion
from chalicelib.core import chain, clock
from chalicelib.core.clock import DAY
from chalicelib.core.ids import AccountId, DisclosureId
from chalicelib.core.table import Table
from chalicelib.privacy.periods import Period
from chalicelib.staff import cases
from chalicelib.staff.disclosures import service
from chalicelib.staff.disclosures.model import Disclosure
from chalicelib.staff.disclosures.store import DISCLOSURES
from chalicelib.staff.history import history_of as history_of_staff
from tests.support.cases.copies import damage
from tests.support.cases.disclosures import a_danger, a_sale, an_approved_order, an_order, evidence_of
from tests.support.clouds import cloud
from tests.support.world.ledger import alter_newest
from tests.support.world.notices import a_version, publish, record_announcement
from tests.support.world.operators import Operator
from tests.support.world.world import User, World

SECRET = {"secret_until": "2027-11-24T12:00:00Z", "secrecy_reference": "item 3 of the order"}


@pytest.fixture
def proposed(mila: User, alice: Operator) -> str:
    return str(alice.proposes_disclosure(an_order(mila.user_id)).json["id"])


@pytest.fixture
def approved(mila: User, alice: Operator, bob: Operator) -> str:
    return an_approved_order(alice, bob, mila)


def stored(disclosure_id: str) -> Disclosure:
    found = DISCLOSURES.read(DisclosureId(disclosure_id))
    assert found
    return found


def given(operator: Operator, disclosure_id: str, at: str | None = None) -> Any:
    body = {"disclosed_at": at} if at else {}
    return operator.calls_disclosures("POST", f"/{disclosure_id}/given", body=body)


def refused(operator: Operator, disclosure_id: str) -> Any:
    body = {"assessment": "The order names another account."}
    return operator.calls_disclosures("POST", f"/{disclosure_id}/refusal", body=body)


def withdrawn(operator: Operator, disclosure_id: str) -> Any:
    return operator.calls_disclosures("POST", f"/{disclosure_id}/withdrawal")


# --- proposals; tests/unit/test_disclosure_rules.py has the rules for their fields


@pytest.mark.promise("NOT-3")
def test_proposal_that_breaks_a_rule_is_not_stored(mila: User, alice: Operator) -> None:
    assert alice.proposes_disclosure(an_order(mila.user_id, reference=None)).problem == "invalid_request"
    assert cloud.records("disclosure") == []


def test_disclosure_of_an_unknown_user_is_refused(mila: User, alice: Operator) -> None:
    unknown = an_order("u_" + "0" * 26)
    assert alice.proposes_disclosure(unknown).problem == "not_found"


# --- mergers and sales


@pytest.fixture
def policy() -> NoticeVersion:
    """Publish a version of the privacy policy that takes effect in a week."""
    coming = a_version("2026-12-01", NoticeKind.PRIVACY)
    publish(coming)
    return coming.version


@pytest.mark.promise("NOT-2")
def test_sale_is_refused_before_its_notice_takes_effect(
    world: World, mila: User, alice: Operator, policy: NoticeVersion
) -> None:
    record_announcement(mila, policy, world.now - 30 * DAY)
    assert alice.proposes_disclosure(a_sale(mila.user_id, policy)).problem == "notice_not_in_force"
    world.advance(7 * DAY)
    assert alice.proposes_disclosure(a_sale(mila.user_id, policy)).status == 201


@pytest.mark.promise("NOT-2")
def test_sale_is_refused_for_a_user_who_was_not_notified(
    world: World, mila: User, alice: Operator, policy: NoticeVersion
) -> None:
    world.advance(60 * DAY)
    assert alice.proposes_disclosure(a_sale(mila.user_id, policy)).problem == "notice_not_in_force"


@pytest.mark.promise("NOT-2")
def test_sale_needs_a_notice_that_changed_the_policy(mila: User, alice: Operator) -> None:
    for unknown_or_first in ("privacy-2026-01-01", "privacy-2024-05-08"):
        assert (
            alice.proposes_disclosure(a_sale(mila.user_id, unknown_or_first)).problem == "notice_not_in_force"
        )


# --- four eyes


@pytest.mark.promise("NOT-3")
def test_disclosure_is_proposed_by_one_operator_and_approved_by_another(
    mila: User, alice: Operator, bob: Operator, proposed: str
) -> None:
    assert bob.approves_disclosure(proposed).json["status"] == "approved"
    found = stored(proposed)
    assert (found.proposed_by, found.reviewed_by) == (alice.staff_id, bob.staff_id)
    assert evidence_of(proposed) == [
        ("proposed", {"by": alice.staff_id, "ground": "court_order", "secret": 0}),
        ("approved", {"by": bob.staff_id, "proposed_by": alice.staff_id, "ground": "court_order"}),
    ]


@pytest.mark.promise("NOT-3")
def test_proposer_neither_approves_nor_refuses_the_own_proposal(alice: Operator, proposed: str) -> None:
    assert alice.approves_disclosure(proposed).problem == "own_proposal"
    assert refused(alice, proposed).problem == "own_proposal"
    assert stored(proposed).status == "proposed"


@pytest.mark.promise("NOT-3")
def test_no_data_goes_out_before_the_approval(alice: Operator, proposed: str) -> None:
    assert given(alice, proposed).problem == "not_approved"
    assert stored(proposed).disclosed_at is None


@pytest.mark.promise("NOT-5")
def test_two_operators_assess_a_voluntary_disclosure_in_writing(
    mila: User, alice: Operator, bob: Operator
) -> None:
    disclosure_id = alice.proposes_disclosure(a_danger(mila.user_id)).json["id"]
    assert alice.approves_disclosure(disclosure_id, "I am sure.").problem == "own_proposal"
    reply = bob.approves_disclosure(disclosure_id)
    assert reply.problem == "invalid_request"
    assert reply.json["errors"][0]["pointer"] == "/assessment"
    assert bob.approves_disclosure(disclosure_id, "The threat is concrete.").status == 200
    found = stored(disclosure_id)
    assert (found.reason, found.review) == ("A threat to a life weighs more.", "The threat is concrete.")


def test_approval_of_a_version_that_was_not_shown_is_refused(bob: Operator, proposed: str) -> None:
    assert bob.approves_disclosure(proposed, etag='"2"').problem == "changed_meanwhile"


@pytest.mark.promise("NOT-3")
def test_proposal_cannot_be_approved_after_thirty_days(
    world: World, mila: User, alice: Operator, bob: Operator, proposed: str
) -> None:
    other = alice.proposes_disclosure(an_order(mila.user_id)).json["id"]
    world.advance(30 * DAY)
    assert bob.approves_disclosure(other).status == 200
    world.advance(timedelta(seconds=1))
    assert bob.approves_disclosure(proposed).problem == "proposal_lapsed"


@pytest.mark.promise("NOT-3")
def test_refused_disclosure_can_be_neither_approved_nor_withdrawn_nor_given(
    bob: Operator, proposed: str
) -> None:
    assert refused(bob, proposed).json["status"] == "refused"
    assert bob.approves_disclosure(proposed).problem == "decided_already"
    assert withdrawn(bob, proposed).problem == "decided_already"
    assert given(bob, proposed).problem == "not_approved"


@pytest.mark.promise("NOT-3")
def test_approved_disclosure_can_be_withdrawn_until_data_went_out(alice: Operator, approved: str) -> None:
    assert withdrawn(alice, approved).json["status"] == "withdrawn"
    assert given(alice, approved).problem == "not_approved"


@pytest.mark.promise("NOT-3")
def test_instant_of_a_disclosure_is_recorded_and_final(world: World, alice: Operator, approved: str) -> None:
    world.advance(DAY)
    assert given(alice, approved, "2026-11-24T11:59:59Z").problem == "invalid_request"
    assert given(alice, approved, "2026-11-25T12:00:01Z").problem == "invalid_request"
    assert given(alice, approved, "2026-11-24T15:00:00Z").json["disclosed_at"] == "2026-11-24T15:00:00Z"
    assert given(alice, approved, "2026-11-24T16:00:00Z").problem == "decided_already"
    assert withdrawn(alice, approved).problem == "decided_already"
    assert evidence_of(approved)[-1] == ("disclosed", {"by": alice.staff_id, "at": "2026-11-24T15:00:00Z"})


def test_repeated_decisions_change_nothing(alice: Operator, bob: Operator, proposed: str) -> None:
    tag = bob.shows_disclosure(proposed).headers["etag"]
    for _ in range(2):
        assert bob.approves_disclosure(proposed, etag=tag).status == 200
    for _ in range(2):
        assert given(alice, proposed).status == 200
    assert [event for event, _ in evidence_of(proposed)] == ["proposed", "approved", "disclosed"]


def test_only_an_approved_disclosure_is_found_for_a_hold(mila: User, bob: Operator, proposed: str) -> None:
    account_id, disclosure_id = AccountId(mila.account_id), DisclosureId(proposed)
    assert service.approved(account_id, disclosure_id) is None
    bob.approves_disclosure(proposed)
    assert service.approved(account_id, disclosure_id) == stored(proposed)
    assert service.approved(AccountId.new(), disclosure_id) is None


# --- secrecy


def test_repeated_approval_of_a_secrecy_changes_nothing(mila: User, alice: Operator, bob: Operator) -> None:
    secret = an_approved_order(alice, bob, mila, **SECRET)
    alice.proposes_secrecy(secret, None)
    tag = bob.shows_disclosure(secret).headers["etag"]
    assert [bob.approves_secrecy(secret, etag=tag).status for _ in range(2)] == [200, 200]
    assert [event for event, _ in evidence_of(secret)].count("secrecy_changed") == 1
    assert alice.approves_secrecy(secret).problem == "nothing_proposed"
    alice.proposes_secrecy(secret, "2027-11-24T12:00:00Z")
    alice.calls_disclosures("DELETE", f"/{secret}/secrecy")
    assert bob.approves_secrecy(secret).problem == "nothing_proposed"


@pytest.mark.promise("NOT-3")
def test_two_operators_lift_a_secrecy(mila: User, alice: Operator, bob: Operator) -> None:
    secret = an_approved_order(alice, bob, mila, **SECRET)
    assert alice.proposes_secrecy(secret, None).json["secret"] is True
    assert alice.approves_secrecy(secret).problem == "own_proposal"
    assert bob.approves_secrecy(secret).json["secret"] is False
    assert evidence_of(secret)[-1] == (
        "secrecy_changed",
        {"by": bob.staff_id, "proposed_by": alice.staff_id, "lifted": 1},
    )


@pytest.mark.promise("NOT-3")
def test_renewed_secrecy_ends_a_year_before_the_record(
    world: World, mila: User, alice: Operator, bob: Operator
) -> None:
    secret = an_approved_order(alice, bob, mila, **SECRET)
    world.advance(3 * 365 * DAY)
    refusal = alice.proposes_secrecy(secret, "2030-11-25T12:00:00Z")
    assert refusal.json["errors"][0]["pointer"] == "/secret_until"
    assert alice.proposes_secrecy(secret, "2030-11-24T12:00:00Z").status == 200
    assert bob.approves_secrecy(secret).json["secret_until"] == "2030-11-24T12:00:00Z"


@pytest.mark.promise("NOT-3")
def test_approval_of_a_secrecy_that_was_not_shown_is_refused(
    mila: User, alice: Operator, bob: Operator
) -> None:
    secret = an_approved_order(alice, bob, mila, **SECRET)
    tag = bob.shows_disclosure(secret).headers["etag"]
    alice.proposes_secrecy(secret, None)
    assert bob.approves_secrecy(secret, etag=tag).problem == "changed_meanwhile"
    assert bob.shows_disclosure(secret).json["secret"] is True


def test_secrecy_needs_an_approved_disclosure_and_one_proposal_at_a_time(
    alice: Operator, bob: Operator, proposed: str
) -> None:
    assert alice.proposes_secrecy(proposed, "2027-01-01T00:00:00Z").problem == "not_approved"
    bob.approves_disclosure(proposed)
    assert bob.approves_secrecy(proposed).problem == "nothing_proposed"
    assert alice.proposes_secrecy(proposed, None).problem == "invalid_request"  # nothing is secret
    for _ in range(2):
        assert alice.proposes_secrecy(proposed, "2027-01-01T00:00:00Z").status == 200
    assert bob.proposes_secrecy(proposed, "2027-01-01T00:00:00Z").problem == "proposed_already"
    withdrawal = bob.calls_disclosures("DELETE", f"/{proposed}/secrecy")
    assert (withdrawal.status, withdrawal.json["secrecy_proposed"]) == (200, False)


# --- views


@pytest.mark.promise("SEC-1")
def test_list_and_view_are_recorded_in_the_operators_own_history(
    mila: User, alice: Operator, bob: Operator, proposed: str
) -> None:
    for _ in range(2):
        assert bob.calls_disclosures("GET").json["items"][0]["id"] == proposed
    bob.shows_disclosure(proposed)
    entries = list(chain.entries(history_of_staff(bob.staff_id)))
    assert [(entry.event, entry.data["disclosures"]) for entry in entries] == [
        ("listed", [proposed]),
        ("inspected", [proposed]),
    ]
    assert {entry.delete_at for entry in entries} == {Period.AUDIT.ends(clock.now())}


@pytest.mark.promise("SEC-1")
def test_disclosure_is_not_shown_if_the_view_cannot_be_recorded(bob: Operator, proposed: str) -> None:
    bob.calls_disclosures("GET")
    alter_newest(history_of_staff(bob.staff_id))
    assert bob.shows_disclosure(proposed).problem == "unavailable"
    assert bob.calls_disclosures("GET").problem == "unavailable"


def test_disclosures_are_listed_newest_first_over_pages(
    world: World, mila: User, alice: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cases, "PAGE", 2)
    made: list[str] = []
    for _ in range(3):
        made.append(alice.proposes_disclosure(an_order(mila.user_id)).json["id"])
        world.advance(clock.MINUTE)
    first = alice.calls_disclosures("GET").json
    second = alice.calls_disclosures("GET", f"?cursor={first['next_cursor']}").json
    assert [one["id"] for one in (*first["items"], *second["items"])] == made[::-1]
    assert "next_cursor" not in second
    for cursor in ("x", DisclosureId.new()):
        assert alice.calls_disclosures("GET", f"?cursor={cursor}").problem == "invalid_request"


def test_altered_disclosure_is_listed_by_its_id(mila: User, alice: Operator, proposed: str) -> None:
    damage(Table.RIGHTS, f"A#{mila.account_id}", f"disclosure#{proposed}", status="no such status")
    listed = alice.calls_disclosures("GET").json
    assert (listed["items"], listed["unreadable"]) == ([], [proposed])


def test_operators_see_the_people_and_the_evidence(alice: Operator, bob: Operator, approved: str) -> None:
    shown = alice.shows_disclosure(approved).json
    assert shown["staff"] == {alice.staff_id: alice.arn, bob.staff_id: bob.arn}
    assert [entry["event"] for entry in shown["evidence"]] == ["approved", "proposed"]


@pytest.mark.promise("SEC-1")
def test_texts_and_ground_of_a_disclosure_are_sealed(world: World, mila: User, alice: Operator) -> None:
    texts = {name: world.canaries(name) for name in ("recipient", "reference", "extract", "reason")}
    alice.proposes_disclosure(an_order(mila.user_id, **texts))
    assert world.canaries.in_tables() == []
    assert world.canaries.in_text(world.log.getvalue()) == []
    (item,) = cloud.records("disclosure")
    assert "ground" not in item
    assert "scope" not in item


@pytest.mark.promise("RET-1")
def test_disclosure_and_its_evidence_are_kept_for_five_years(
    world: World, alice: Operator, bob: Operator, proposed: str
) -> None:
    until = clock.to_epoch(Period.DISCLOSURE.ends(world.now))
    world.advance(DAY)
    bob.approves_disclosure(proposed)
    given(alice, proposed)
    items = cloud.records("disclosure") + cloud.records("disclosure_place")
    assert {int(item["delete_at"]["N"]) for item in items} == {until}
    entries = chain.entries(DISCLOSURES.history_of(DisclosureId(proposed)))
    assert {clock.to_epoch(entry.delete_at) for entry in entries} == {until}
