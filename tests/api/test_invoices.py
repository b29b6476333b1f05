"""Operators record invoices of users and list them (USE-7)."""

from typing import Any

import pytest

from chalicelib.accounts import service as accounts
from chalicelib.core import aws, chain, clock, keyring, table
from chalicelib.core.clock import DAY
from chalicelib.core.ids import AccountId, InvoiceId, UserId
from chalicelib.core.keyring import MacKeys
from chalicelib.core.settings import Secret
from chalicelib.core.table import Table
from chalicelib.staff.billing import service
from chalicelib.staff.history import history_of
from tests.support.cases.copies import damage
from tests.support.cases.erasure_parts import freeze, freeze_and_end
from tests.support.clouds import cloud
from tests.support.faults.outages import refusal
from tests.support.faults.races import just_before
from tests.support.world.builders import an_invoice
from tests.support.world.operators import INVOICES, Operator
from tests.support.world.world import User, World

NUMBER = "RU-2026-000123"


def stored() -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = aws.client("dynamodb").scan(TableName="ru4m-test-billing")["Items"]
    return items


def history(invoice_id: str) -> list[tuple[str, Any]]:
    return [(e.event, e.data) for e in chain.entries(service.history_of(InvoiceId(invoice_id)))]


def views(by: Operator) -> list[tuple[str, Any]]:
    return [(e.event, e.data) for e in chain.entries(history_of(by.staff_id))]


# --- recording


@pytest.mark.promise("USE-7")
def test_recorded_invoice_is_kept_for_ten_years_after_the_end_of_its_year(
    mila: User, alice: Operator
) -> None:
    recorded = alice.records_invoice(mila.user_id, invoice_number=NUMBER)
    assert recorded.status == 201
    assert recorded.json == an_invoice(invoice_number=NUMBER) | {
        "invoice_id": recorded.json["invoice_id"],
        "kept_until": "2037-01-01T00:00:00Z",
    }
    (item,) = stored()
    assert item["delete_at"] == item["expires_at"] == {"N": "2114380800"}


@pytest.mark.promise("USE-7")
def test_invoice_of_the_first_of_january_is_kept_for_that_year(
    world: World, mila: User, alice: Operator
) -> None:
    world.advance(38 * DAY)  # the year begins an hour earlier in Belgrade than in UTC
    recorded = alice.records_invoice(mila.user_id, issued_on="2027-01-01")
    assert (recorded.json["issued_on"], recorded.json["kept_until"]) == ("2027-01-01", "2038-01-01T00:00:00Z")


@pytest.mark.promise("SEC-1")
def test_amount_period_and_reference_are_not_readable_in_the_tables(mila: User, alice: Operator) -> None:
    alice.records_invoice(mila.user_id, amount_minor=81_234_567, provider_reference="pi_secret")
    everything = str(cloud.all_items())
    for hidden in ("81234567", "pi_secret", "EUR", "2026-11-30"):
        assert hidden not in everything


@pytest.mark.promise("SEC-1")
def test_recording_is_in_the_ledger_for_two_years_without_any_personal_value(
    world: World, mila: User, alice: Operator
) -> None:
    invoice_id = alice.records_invoice(mila.user_id, invoice_number=NUMBER).json["invoice_id"]
    assert history(invoice_id) == [("recorded", {"by": alice.staff_id})]
    (entry,) = chain.entries(service.history_of(InvoiceId(invoice_id)))
    assert entry.delete_at == clock.now().replace(year=2028)
    ledger = str(aws.client("dynamodb").scan(TableName="ru4m-test-ledger")["Items"])
    for hidden in (NUMBER, mila.user_id, mila.account_id, "pi_3Q9xTest"):
        assert hidden not in ledger


def test_repeated_recording_returns_the_stored_invoice(world: World, mila: User, alice: Operator) -> None:
    invoice = an_invoice()
    first = alice.records_invoice(mila.user_id, **invoice)
    second = world.an_operator("bob").records_invoice(mila.user_id, **invoice)
    assert (second.status, second.json) == (201, first.json)
    assert len(history(first.json["invoice_id"])) == len(stored()) == 1


def test_recording_whose_answer_was_lost_can_be_repeated(mila: User, alice: Operator) -> None:
    invoice = an_invoice()
    with cloud.losing_responses("TransactWriteItems"):
        assert alice.records_invoice(mila.user_id, **invoice).status == 201
    assert alice.records_invoice(mila.user_id, **invoice).status == 201
    assert len(stored()) == 1


@pytest.mark.parametrize(
    "change",
    [{"amount_minor": 991}, {"currency": "RSD"}, {"issued_on": "2026-11-23"}, {"provider_reference": "pi_x"},
     {"service_from": "2026-10-31"}, {"service_to": "2026-11-29"}],
    ids=lambda change: next(iter(change)),
)  # fmt: skip
def test_number_with_other_content_is_refused(mila: User, alice: Operator, change: dict[str, Any]) -> None:
    invoice = an_invoice()
    alice.records_invoice(mila.user_id, **invoice)
    before = stored()
    refused = alice.records_invoice(mila.user_id, **invoice | change)
    assert (refused.status, refused.problem) == (409, "invoice_number_used")
    assert stored() == before


def test_number_of_another_users_invoice_is_refused(world: World, mila: User, alice: Operator) -> None:
    invoice = an_invoice()
    alice.records_invoice(mila.user_id, **invoice)
    assert alice.records_invoice(world.a_user().user_id, **invoice).problem == "invoice_number_used"
    assert len(stored()) == 1


def test_number_that_is_recorded_for_two_users_at_once_is_recorded_for_one(
    world: World, mila: User, alice: Operator
) -> None:
    invoice, vuk = an_invoice(), world.a_user()
    first = just_before(service, "commit", lambda: alice.records_invoice(vuk.user_id, **invoice))
    assert alice.records_invoice(mila.user_id, **invoice).problem == "invoice_number_used"
    assert ([reply.status for reply in first], len(stored())) == ([201], 1)


def test_number_stays_used_under_a_new_version_of_the_key(
    world: World, mila: User, alice: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    invoice = an_invoice()
    first = alice.records_invoice(mila.user_id, **invoice)
    old = keyring.mac_keys(Secret.STAFF)
    new = MacKeys("new", {**old.versions, "new": b"n" * 32})
    read = keyring.mac_keys
    monkeypatch.setattr(keyring, "mac_keys", lambda of: new if of is Secret.STAFF else read(of))
    assert alice.records_invoice(mila.user_id, **invoice).json == first.json
    assert alice.records_invoice(world.a_user().user_id, **invoice).problem == "invoice_number_used"


def test_unreadable_invoice_keeps_its_number(mila: User, alice: Operator) -> None:
    invoice = an_invoice()
    alice.records_invoice(mila.user_id, **invoice)
    damage(Table.BILLING, f"A#{mila.account_id}", f"invoice#{invoice['invoice_number']}", sealed=b"altered")
    assert alice.records_invoice(mila.user_id, **invoice).problem == "invoice_number_used"


def test_unknown_user_gets_no_invoice(alice: Operator) -> None:
    assert alice.records_invoice(UserId.new()).problem == "not_found"
    assert stored() == []


@pytest.mark.promise("RGT-3")
def test_account_that_is_being_erased_gets_no_invoice(mila: User, alice: Operator) -> None:
    freeze_and_end(mila.account_id)
    assert alice.records_invoice(mila.user_id).problem == "not_found"
    assert alice.lists_invoices(mila.user_id).problem == "not_found"
    assert stored() == []


@pytest.mark.promise("RGT-3", "USE-7")
def test_invoice_is_refused_if_the_erasure_passes_its_point_of_no_return_meanwhile(
    mila: User, alice: Operator
) -> None:
    just_before(service, "commit", lambda: freeze_and_end(mila.account_id))
    refused = alice.records_invoice(mila.user_id, invoice_number=NUMBER)
    assert (refused.problem, stored()) == ("not_found", [])
    assert alice.records_invoice(mila.world.a_user().user_id, invoice_number=NUMBER).status == 201


def test_frozen_account_still_gets_an_invoice(mila: User, alice: Operator) -> None:
    freeze(mila.account_id)
    assert alice.records_invoice(mila.user_id).status == 201


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"invoice_number": "Milica Petrović"}, "/invoice_number"),
        ({"invoice_number": "4111-1111-1111-1111"}, "/invoice_number"),
        ({"amount_minor": 9.9}, "/amount_minor"),
        ({"currency": "eur"}, "/currency"),
        ({"provider_reference": "4111-1111-1111-1111"}, "/provider_reference"),
        ({"provider_reference": "mila@example.com"}, "/provider_reference"),
        ({"service_to": "2026-10-31"}, "/service_to"),
        ({"issued_on": "2026-11-25"}, "/issued_on"),
        ({"issued_on": "2015-12-31"}, "/issued_on"),
        ({"card_number": "4111111111111111"}, "/card_number"),
    ],
)
def test_invalid_invoice_is_refused_without_repeating_its_value(
    mila: User, alice: Operator, change: dict[str, Any], pointer: str
) -> None:
    refused = alice.records_invoice(mila.user_id, **change)
    assert (refused.status, [one["pointer"] for one in refused.json["errors"]]) == (400, [pointer])
    assert str(next(iter(change.values()))) not in refused.text
    assert stored() == []


# --- listing


@pytest.mark.promise("USE-7")
def test_invoices_of_a_user_are_listed_by_number_page_by_page(
    world: World, mila: User, alice: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "PAGE", 2)
    numbers = [f"RU-2026-00000{n}" for n in range(5)]
    for number in reversed(numbers):
        mila.gets_invoiced(invoice_number=number)
    world.a_user().gets_invoiced()
    seen, cursor = list[list[str]](), None
    for _ in range(3):
        page = alice.lists_invoices(mila.user_id, cursor).json
        seen.append([invoice["invoice_number"] for invoice in page["items"]])
        cursor = page.get("next_cursor")
    assert (seen, cursor) == ([numbers[:2], numbers[2:4], numbers[4:]], None)


def test_view_of_invoices_is_recorded_before_they_are_shown(mila: User, alice: Operator) -> None:
    invoice_id = mila.gets_invoiced().json["invoice_id"]
    assert alice.lists_invoices(mila.user_id).status == 200
    assert views(alice) == [("listed", {"by": alice.staff_id, "invoices": [invoice_id]})]
    mila.gets_invoiced()
    with cloud.failing("dynamodb", "PutItem", refusal("ThrottlingException")):
        unrecorded = alice.lists_invoices(mila.user_id)
    assert (unrecorded.problem, len(views(alice))) == ("unavailable", 1)


def test_same_page_is_recorded_once_a_day(world: World, mila: User, alice: Operator) -> None:
    mila.gets_invoiced()
    for advance in (0, 0, 1):
        world.advance(advance * DAY)
        alice.lists_invoices(mila.user_id)
    assert len(views(alice)) == 2


def test_view_is_refused_if_its_history_was_altered(mila: User, alice: Operator) -> None:
    mila.gets_invoiced()
    alice.lists_invoices(mila.user_id)
    damage(Table.LEDGER, f"staff#{alice.staff_id}", "000000000001", event="nothing")
    assert alice.lists_invoices(mila.user_id).problem == "unavailable"


def test_list_without_invoices_is_empty_and_records_no_view(mila: User, alice: Operator) -> None:
    assert alice.lists_invoices(mila.user_id).json == {"items": [], "unreadable": []}
    assert views(alice) == []


def test_altered_invoice_is_listed_by_its_number_only(mila: User, alice: Operator) -> None:
    for number in ("1", "2"):
        mila.gets_invoiced(invoice_number=number)
    damage(Table.BILLING, f"A#{mila.account_id}", "invoice#1", sealed=b"altered")
    page = alice.lists_invoices(mila.user_id).json
    assert (page["unreadable"], [one["invoice_number"] for one in page["items"]]) == (["1"], ["2"])


@pytest.mark.parametrize("query", ["", "?user_id=", "?user_id=mila", "?cursor=1"])
def test_list_without_a_valid_user_id_is_refused(alice: Operator, query: str) -> None:
    refused = alice.world.call("GET", INVOICES + query, arn=alice.arn)
    assert (refused.status, refused.problem) == (400, "invalid_request")


def test_unknown_parameter_of_a_list_is_refused(mila: User, alice: Operator) -> None:
    path = f"{INVOICES}?user_id={mila.user_id}&amount=9"
    assert alice.world.call("GET", path, arn=alice.arn).problem == "unexpected_field"


def test_cursor_that_is_no_number_is_refused(mila: User, alice: Operator) -> None:
    assert alice.lists_invoices(mila.user_id, "x").problem == "invalid_request"


@pytest.mark.promise("SEC-1")
def test_invoices_require_an_operator(mila: User) -> None:
    assert mila.calls("GET", f"{INVOICES}?user_id={mila.user_id}").status == 403
    assert mila.calls("POST", INVOICES, body={}).status == 403


@pytest.mark.promise("SEC-1")
def test_no_value_of_an_invoice_is_logged(world: World, mila: User, alice: Operator) -> None:
    alice.records_invoice(mila.user_id, amount_minor=81_234_567, provider_reference="pi_secret")
    alice.lists_invoices(mila.user_id)
    logged = world.log.getvalue()
    assert "81234567" not in logged
    assert "pi_secret" not in logged


@pytest.mark.promise("RGT-3")
def test_condition_that_no_erasure_ended_the_account_holds_for_a_stored_account_only(mila: User) -> None:
    mila_id = AccountId(mila.account_id)
    table.transact([accounts.not_erasing(mila_id)])
    with pytest.raises(accounts.AccountGone):
        table.transact([accounts.not_erasing(AccountId.new())])
    freeze_and_end(mila_id)
    with pytest.raises(accounts.AccountGone):
        table.transact([accounts.not_erasing(mila_id)])
