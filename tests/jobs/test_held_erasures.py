"""Erasures of accounts under a hold: what a law keeps is kept and nothing else, and it ends by itself."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.accounts.profiles.model import Profile
from chalicelib.core import clock, table
from chalicelib.core.clock import DAY, HOUR
from chalicelib.core.errors import NotFound
from chalicelib.core.ids import AccountId, DisclosureId, RightsRequestId
from chalicelib.core.metrics import Metric
from chalicelib.core.sealing import Place, SealBroken
from chalicelib.core.table import Key, Query, Table, partition_of
from chalicelib.privacy import codec, subject_keys
from chalicelib.privacy.purposes import Practice
from chalicelib.retention.held import store as held_store
from chalicelib.retention.holds import service as holds
from chalicelib.retention.holds.service import SubjectHolds
from chalicelib.retention.model import HoldGround
from chalicelib.rights.erasure import keep
from chalicelib.rights.erasure.certificates.model import Remaining
from chalicelib.rights.request.terms import Status
from infra.stream_emulator import Emulator
from tests.support.cases.abuse import decides, reports
from tests.support.cases.copies import damage
from tests.support.cases.disclosures import an_approved_order
from tests.support.cases.erasure_requests import (
    a_subject,
    asks_for_erasure,
    at_step,
    by_receipt,
    is_stopped,
    notes,
    stored,
    stored_about,
    work,
)
from tests.support.cases.holds import (
    ANA,
    BORIS,
    LAW,
    a_hold_on,
    certificate,
    ends_of,
    held_items,
    held_kinds,
    opened,
    places_hold,
)
from tests.support.faults.races import just_before
from tests.support.world.practices import describe
from tests.support.world.world import User, World

pytestmark = [pytest.mark.promise("RGT-3", "RET-3"), pytest.mark.usefixtures("services")]
ANSWERED = at_step("await_lapse")
ON_INVOICES = "the laws of Serbia on value added tax and on accounting"
BEFORE = ("confirm", "settle", "freeze", "suspend_at_stream", "grace", "capture")
AFTER = ("quarantine", "await_stream_deletion", "keep_held", "delete_records", "verify_deletion", "certify")


def sampled(steps: tuple[str, ...], run: str) -> list[Any]:
    """Return the steps of which one runs in `make test`, the others in `make proof` only."""
    return [step if step == run else pytest.param(step, marks=pytest.mark.proof) for step in steps]


@pytest.fixture
def mila(world: World, stream: Emulator) -> User:
    return a_subject(world)


def last_mail(world: World, user: User) -> str:
    return world.mails_to(user.verified["address"])[-1]


def test_erasure_keeps_what_a_hold_names_and_nothing_else(world: World, mila: User) -> None:
    hold = places_hold(mila, "profile", "usage_event")
    request = asks_for_erasure(mila)
    work(world, request, ANSWERED)
    assert stored(request).status is Status.PARTIALLY_COMPLETED
    assert held_kinds(request) == ["profile", "usage_event"]
    assert [text for text in stored_about(mila) if '"hold' not in text] == []
    assert ends_of(request) == {("profile", hold.until), ("usage_event", hold.until)}


def test_subject_learns_what_is_kept_by_which_laws_and_until_when(world: World, mila: User) -> None:
    mila.gets_invoiced(issued_on="2026-11-02")
    hold = places_hold(mila, "profile", "invoice")
    request = asks_for_erasure(mila)
    work(world, request, ANSWERED)
    shown = by_receipt(mila, request).json
    assert shown["status"] == "partially_completed"
    of_the_hold = {"law": LAW, "ends_at": clock.to_text(hold.until)}
    assert shown["decision"]["kept"] == [
        {"what": "Your invoices", **of_the_hold},
        {"what": "Your invoices", "law": ON_INVOICES, "ends_at": "2037-01-01T00:00:00Z"},
        {"what": "Your profile", **of_the_hold},
    ]
    said = "We deleted your account. We keep two things, because a law requires it"
    assert shown["decision"]["text"].startswith(said)
    assert "except what we have to keep by law or for legal claims" in last_mail(world, mila)


def test_held_record_opens_by_the_key_of_its_class_only(world: World, mila: User) -> None:
    places_hold(mila, "profile")
    request = asks_for_erasure(mila)
    before = work(world, request, at_step("delete_key"))
    keys = subject_keys.from_item(
        before.account_id, table.get(subject_keys.key(AccountId(before.account_id)))
    )
    (item,) = held_items(request)
    (kept,) = json.loads(opened(item).document)
    assert (kept["country"], "email" in kept) == ("AT", True)
    with pytest.raises(SealBroken):
        keys.open(bytes(item["sealed"]), Place("held_record", item["pk"], item["sk"]))
    work(world, request, ANSWERED)
    assert table.get(subject_keys.key(AccountId(before.account_id))) is None
    assert opened(item).of == "profile"


def test_held_record_names_neither_account_nor_user_in_clear(world: World, mila: User) -> None:
    places_hold(mila, "profile", "purposes", "account")
    request = asks_for_erasure(mila)
    work(world, request, ANSWERED)
    text = str(held_items(request))
    assert not [one for one in (mila.account_id, mila.user_id, mila.phone, "Milica") if one in text]


@pytest.mark.proof  # takes seconds
def test_erasure_completes_by_itself_when_the_hold_lapses(world: World, mila: User) -> None:
    hold = places_hold(mila, "profile")
    request = asks_for_erasure(mila)
    work(world, request, ANSWERED)
    first = certificate(request)
    work(world, request, within=100 * DAY)
    assert stored(request).status is Status.COMPLETED
    assert stored(request).next_step is None
    assert held_items(request) == []
    last = certificate(request)
    assert last.held == ()
    assert last.completed_at >= hold.until > first.completed_at
    assert ("profile", 1) in {(one.records, one.count) for one in last.deleted if one.place.name == "HELD"}
    assert by_receipt(mila, request).json["decision"]["kept"] == []


@pytest.mark.promise("SAF-1")
def test_new_certificate_after_a_hold_names_reports_once(world: World, mila: User) -> None:
    describe(Practice.REPORTING)
    decides(world.an_operator("alice"), reports(world.a_user(), mila).json["abuse_report_id"])
    places_hold(mila, "profile")
    request = asks_for_erasure(mila)
    work(world, request, within=100 * DAY)
    assert certificate(request).held == ()
    assert [one.what for one in certificate(request).remains].count(Remaining.REPORTS) == 1


def test_operators_see_what_an_erasure_kept_as_its_certificate_states_it(world: World, mila: User) -> None:
    places_hold(mila, "profile", ground=HoldGround.CLAIMS)
    mila.gets_invoiced(issued_on="2026-11-02")
    request = asks_for_erasure(mila)
    work(world, request, ANSWERED)
    alice = world.an_operator("alice")
    stated = {(one.records, one.count, clock.to_text(one.until)) for one in certificate(request).held}
    for seen in (alice.shows(request), alice.shows_erasure(request)):
        kept = seen.json["kept"]
        assert {(one["kind"], one["count"], one["until"]) for one in kept} == stated
        assert {one["ground"] for one in kept} == {"legal_obligation", "legal_claims"}


@pytest.mark.promise("USE-7")
def test_invoice_is_kept_for_its_statutory_period_and_the_answer_is_whole(world: World, mila: User) -> None:
    number = mila.gets_invoiced(issued_on="2026-11-02").json["invoice_number"]
    request = asks_for_erasure(mila)
    work(world, request)
    assert stored(request).status is Status.COMPLETED
    assert held_kinds(request) == ["invoice"]
    end = datetime(2037, 1, 1, tzinfo=UTC)
    assert ends_of(request) == {("invoice", end)}
    (kept,) = by_receipt(mila, request).json["decision"]["kept"]
    assert (kept["what"], kept["ends_at"]) == ("Your invoices", clock.to_text(end))
    assert "value added tax" in kept["law"]
    (item,) = held_items(request)
    assert number in opened(item).document
    assert number not in str(item)
    assert item["delete_at"] == clock.to_epoch(end)


@pytest.mark.proof
@pytest.mark.promise("USE-7")
def test_invoice_outlives_the_hold_beside_it(world: World, mila: User) -> None:
    mila.gets_invoiced(issued_on="2026-11-02")
    places_hold(mila, "profile", "invoice")
    request = asks_for_erasure(mila)
    work(world, request, ANSWERED)
    assert stored(request).status is Status.PARTIALLY_COMPLETED
    assert held_kinds(request) == ["invoice", "profile"]
    work(world, request, within=100 * DAY)
    assert stored(request).status is Status.COMPLETED
    assert held_kinds(request) == ["invoice"]
    assert ends_of(request) == {("invoice", datetime(2037, 1, 1, tzinfo=UTC))}


@pytest.mark.parametrize("step", sampled(BEFORE, "grace"))
def test_hold_before_the_point_of_no_return_wins(step: str, world: World, mila: User) -> None:
    request = asks_for_erasure(mila)
    work(world, request, at_step(step))
    places_hold(mila, "profile")
    work(world, request, ANSWERED)
    assert held_kinds(request) == ["profile"]


@pytest.mark.parametrize("step", sampled(AFTER, "keep_held"))
def test_no_hold_is_taken_after_the_point_of_no_return(step: str, world: World, mila: User) -> None:
    request = asks_for_erasure(mila)
    work(world, request, at_step(step))
    with pytest.raises(NotFound):
        holds.place(BORIS, a_hold_on(mila, "profile"))
    work(world, request)
    assert stored(request).status is Status.COMPLETED
    assert held_items(request) == []


def test_hold_placed_while_the_point_of_no_return_is_passed_is_seen(
    world: World, mila: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = asks_for_erasure(mila)
    work(world, request, at_step("capture"))
    real, placed = holds.of_subject, list[object]()

    def meanwhile(account_id: AccountId) -> SubjectHolds:
        read = real(account_id)
        if not placed:
            placed.append(places_hold(mila, "profile"))
        return read

    monkeypatch.setattr(holds, "of_subject", meanwhile)
    work(world, request, ANSWERED)
    assert placed
    assert held_kinds(request) == ["profile"]


@pytest.mark.proof
def test_overlapping_holds_keep_a_record_until_the_later_end(world: World, mila: User) -> None:
    first = places_hold(mila, "profile", "purposes", lasts=40 * DAY)
    later = places_hold(mila, "profile", lasts=60 * DAY, law="Art. 5 ZOO")
    request = asks_for_erasure(mila)
    work(world, request, ANSWERED)
    assert ends_of(request) == {
        ("profile", first.until),
        ("profile", later.until),
        ("purposes", first.until),
    }
    work(world, request, lambda one: len(one.kept) == 1, within=50 * DAY)
    assert held_kinds(request) == ["profile"]
    assert ends_of(request) == {("profile", later.until)}
    work(world, request, within=30 * DAY)
    assert stored(request).status is Status.COMPLETED
    assert held_items(request) == []


@pytest.mark.proof
def test_capture_waits_for_a_second_operator_and_not_for_ever(world: World, mila: User) -> None:
    request = asks_for_erasure(mila)
    work(world, request, at_step("capture"))
    holds.place(ANA, a_hold_on(mila, "profile"))
    waiting = work(world, request, within=71 * HOUR)
    assert at_step("capture")(waiting)
    work(world, request)
    assert stored(request).status is Status.COMPLETED
    assert held_items(request) == []


@pytest.mark.proof
def test_hold_that_lapses_while_stream_is_down_keeps_nothing(
    world: World, mila: User, stream: Emulator
) -> None:
    places_hold(mila, "profile", lasts=9 * DAY)
    request = asks_for_erasure(mila)
    work(world, request, at_step("delete_at_stream"))
    stream.fault(path="/users/delete", times=10_000, status=503)
    work(world, request, within=3 * DAY)
    stream.clear_faults()
    work(world, request)
    assert stored(request).status is Status.COMPLETED
    assert held_items(request) == []


def test_record_of_a_held_kind_that_is_written_late_is_kept_too(world: World, mila: User) -> None:
    places_hold(mila, "purposes")
    request = asks_for_erasure(mila)
    mila_session = _purposes_item(mila)
    work(world, request, at_step("verify_deletion"))
    table.put_all(
        Table.ACCOUNTS, [(Key(Table.ACCOUNTS, mila_session["pk"], mila_session["sk"]), mila_session)]
    )
    work(world, request, ANSWERED)
    assert held_kinds(request) == ["purposes", "purposes"]
    assert notes(request).found_again == 1


def _purposes_item(user: User) -> dict[str, Any]:
    stored_items = table.query(Query(Table.ACCOUNTS, partition_of(AccountId(user.account_id))))
    return next(item for item in stored_items if item["kind"] == "purposes")


def test_record_that_changes_during_its_move_is_kept_as_changed(world: World, mila: User) -> None:
    places_hold(mila, "profile")
    request = asks_for_erasure(mila)
    work(world, request, at_step("keep_held"))
    just_before(held_store, "_commit", lambda: _change_country(mila))
    work(world, request, ANSWERED)
    (item,) = held_items(request)
    (kept,) = json.loads(opened(item).document)
    assert kept["country"] == "RS"


def test_unsealed_record_that_changes_during_its_move_is_kept_as_changed(world: World, mila: User) -> None:
    places_hold(mila, "security_event")
    request = asks_for_erasure(mila)
    work(world, request, at_step("keep_held"))
    just_before(held_store, "_commit", lambda: _change_security_events(mila))
    work(world, request, ANSWERED)
    held = [json.loads(opened(item).document)[0] for item in held_items(request)]
    assert {one["event"] for one in held} == {"number_changed"}


def _change_security_events(user: User) -> None:
    found = list(table.query(Query(Table.ACCOUNTS, partition_of(AccountId(user.account_id)))))
    for item in found:
        if item["kind"] == "security_event":
            place = Key(Table.ACCOUNTS, item["pk"], item["sk"])
            table.put_all(Table.ACCOUNTS, [(place, item | {"event": "number_changed"})])


def _change_country(user: User) -> None:
    account_id = AccountId(user.account_id)
    place = Key(Table.ACCOUNTS, partition_of(account_id), "profile")
    keys = subject_keys.from_item(account_id, table.get(subject_keys.key(account_id)))
    before = table.get(place)
    assert before
    profile = codec.opened(Profile, before, keys)
    item = codec.to_item(profile.model_copy(update={"country": "RS"}), place, keys)
    table.put_all(Table.ACCOUNTS, [(place, before | item)])


def test_record_that_only_this_container_cannot_open_is_not_deleted(world: World, mila: User) -> None:
    mila.gets_invoiced()
    request = asks_for_erasure(mila)
    work(world, request, at_step("keep_held"))
    partition = Query(Table.BILLING, partition_of(AccountId(mila.account_id)))
    (invoice,) = table.query(partition)
    of_a_later_version = b"\x01\x00\x09" + bytes(invoice["sealed"])[3:]
    damage(Table.BILLING, invoice["pk"], invoice["sk"], sealed=of_a_later_version)
    stopped = work(world, request)
    assert (at_step("keep_held")(stopped), is_stopped(stopped)) == (True, True)
    assert len(list(table.query(partition))) == 1


def test_record_that_was_altered_is_deleted_and_counted(
    world: World, mila: User, counts: Counter[Metric]
) -> None:
    places_hold(mila, "profile")
    request = asks_for_erasure(mila)
    work(world, request, at_step("keep_held"))
    damage(Table.ACCOUNTS, f"A#{mila.account_id}", "profile", sealed=b"\x01\x00\x01" + b"\x07" * 60)
    work(world, request)
    assert stored(request).status is Status.COMPLETED
    assert (notes(request).unreadable, counts[Metric.HELD_UNREADABLE]) == (1, 1)
    assert held_items(request) == []


# --- secrecy


def a_secret_erasure(world: World, mila: User) -> Any:
    """Erase an account under a hold that is secret for 60 of its 90 days."""
    hold = places_hold(mila, "profile", secret_until=clock.now() + 60 * DAY)
    request = asks_for_erasure(mila)
    work(world, request, ANSWERED)
    work(world, request, within=timedelta())
    return hold, request


def test_secret_hold_is_not_disclosed(world: World, mila: User) -> None:
    _, request = a_secret_erasure(world, mila)
    shown = by_receipt(mila, request).json
    assert (shown["status"], shown["decision"]["kept"]) == ("completed", [])
    assert shown["decision"]["outcome"] == "completed"
    assert "await_lapse" not in {step["name"] for step in shown["steps"]}
    assert "requires us to keep" not in shown["decision"]["text"] + last_mail(world, mila)
    assert certificate(request).held == ()
    assert stored(request).status is Status.PARTIALLY_COMPLETED
    assert held_kinds(request) == ["profile"]


@pytest.mark.proof  # takes seconds
def test_every_certificate_reserves_what_must_not_be_disclosed(world: World, mila: User) -> None:
    request = asks_for_erasure(mila)
    work(world, request)
    assert "UNDISCLOSABLE" in {one.what.name for one in certificate(request).remains}


@pytest.mark.proof
def test_certificate_is_issued_anew_when_the_secrecy_ends(world: World, mila: User) -> None:
    hold, request = a_secret_erasure(world, mila)
    work(world, request, lambda one: bool(one.kept_openly(clock.now())), within=70 * DAY)
    work(world, request, within=timedelta(minutes=1))
    assert ends_of(request) == {("profile", hold.until)}
    assert by_receipt(mila, request).json["status"] == "partially_completed"


@pytest.mark.proof
def test_lifting_of_a_secret_hold_is_not_disclosed_before_its_secrecy_ends(world: World, mila: User) -> None:
    hold, request = a_secret_erasure(world, mila)
    issued = certificate(request)
    holds.propose_lift(hold.hold_id, ANA)
    holds.lift(hold.hold_id, BORIS)
    work(world, request, within=2 * DAY)
    assert held_items(request) == []
    assert (certificate(request).deleted, certificate(request).held) == (issued.deleted, ())
    work(world, request, within=70 * DAY)
    assert stored(request).status is Status.COMPLETED
    assert "HELD" in {one.place.name for one in certificate(request).deleted}


def remains(request: RightsRequestId) -> set[str]:
    """Return the names of what the stored certificate lists as remaining."""
    return {one.what.name for one in certificate(request).remains}


def test_records_of_disclosures_and_holds_are_listed_as_remaining(world: World, mila: User) -> None:
    served = DisclosureId(an_approved_order(world.an_operator("alice"), world.an_operator("bob"), mila))
    places_hold(mila, "profile", disclosure_id=served)
    request = asks_for_erasure(mila)
    work(world, request, ANSWERED)
    assert {"DISCLOSURES", "HOLDS"} <= remains(request)


@pytest.mark.proof
def test_secret_disclosure_is_listed_only_when_its_secrecy_ends(world: World, mila: User) -> None:
    secret = {
        "secret_until": clock.to_text(clock.now() + 60 * DAY),
        "secrecy_reference": "K 17/2026",
    }
    an_approved_order(world.an_operator("alice"), world.an_operator("bob"), mila, **secret)
    request = asks_for_erasure(mila)
    work(world, request, ANSWERED)
    work(world, request, within=timedelta())
    assert "DISCLOSURES" not in remains(request)
    work(world, request, within=70 * DAY)
    assert "DISCLOSURES" in remains(request)
    assert stored(request).next_step is None


def test_lifted_hold_ends_within_a_day(world: World, mila: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keep, "_DELETED_TOGETHER", 2)
    hold = places_hold(mila, "profile", "purposes", "account")
    request = asks_for_erasure(mila)
    work(world, request, ANSWERED)
    holds.propose_lift(hold.hold_id, ANA)
    holds.lift(hold.hold_id, BORIS)
    work(world, request, within=DAY)
    assert stored(request).status is Status.COMPLETED
    assert held_items(request) == []


def test_holds_that_cannot_be_opened_stop_the_erasure(world: World, mila: User) -> None:
    hold = places_hold(mila, "profile")
    request = asks_for_erasure(mila)
    damage(
        Table.RIGHTS, f"A#{mila.account_id}", f"hold#{hold.hold_id}", sealed=b"\x01\x00\x01" + b"\x07" * 60
    )
    stopped = work(world, request)
    assert (is_stopped(stopped), at_step("capture")(stopped)) == (True, True)
    assert notes(request).captured_at is None
