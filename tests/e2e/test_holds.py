"""Tests holds and invoices on the deployed stack: what an erasure keeps, and how that ends by itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chalicelib.core import clock
from chalicelib.core.clock import DAY, HOUR
from chalicelib.core.ids import AccountId, HoldId
from chalicelib.core.sealing import Place, SealBroken
from chalicelib.core.table.items import plain
from chalicelib.core.table_names import Table
from chalicelib.privacy import subject_keys
from chalicelib.privacy.pins import HELD_AHEAD
from chalicelib.retention.held.model import HeldRecord
from chalicelib.rights.erasure.certificates.model import ErasureCertificate
from infra.local.cloud import LocalCloud
from infra.local.tour.erasure import follow_guide
from infra.local.tour.phone import Phone
from infra.local.tour.receipt import ReceiptLink
from infra.local.tour.usage import an_event, batch
from infra.local.waiting import until
from infra.ops.cases.tables import local_time
from tests.support.canaries.sealed import acting_as_the_service
from tests.support.clouds.deployed_subjects import HeldAccount
from tests.support.world.builders import an_invoice

pytestmark = [pytest.mark.proof, pytest.mark.promise("RGT-3", "RET-3")]

Run = Callable[..., Any]  # an operations command as a member of staff
TIMEOUT = 60.0  # seconds; the sweep's message goes through two queues
LAW, LASTS = "Art. 286 ZKP", 90 * DAY
HOLD = """
kinds = ["profile", "usage_event"]
ground = "legal_obligation"
law = "{law}"
authority = "Higher Court in Belgrade"
reason = "Order K 12/26"
until = {until}
"""
INVOICES_END = "2037-01-01T00:00:00Z"


@pytest.fixture
def vesna(a_phone: Callable[[], Phone]) -> Phone:
    """Return a user with a profile and a usage event."""
    phone = a_phone()
    phone.sign_up("Vesna")
    phone.change_profile(employer="Aviary Petrovaradin")
    phone.consent("analytics")
    phone.call("POST", "/v1/usage", batch(phone, an_event("meeting.joined")))
    return phone


def succeed(run: Run, name: str, *words: str, group: str) -> str:
    """Run a command that has to succeed; return what it printed."""
    done = run(name, *words, group=group)
    assert done.exit_code == 0, done.output
    return str(done.output)


def place_hold(run: Run, phone: Phone, folder: Path) -> HoldId:
    """Let alice place a hold and bob confirm it."""
    (text := folder / "hold.toml").write_text(HOLD.format(law=LAW, until=clock.day_of(clock.now() + LASTS)))
    placed = succeed(run, "alice", "place", "--user", phone.user_id, "--text-file", str(text), group="holds")
    hold_id = HoldId(placed.split()[0])
    assert run("alice", "confirm", hold_id, group="holds").exit_code == 1
    assert "in force" in succeed(run, "bob", "confirm", hold_id, group="holds")
    return hold_id


def record_invoice(run: Run, phone: Phone, folder: Path) -> str:
    """Let alice record an invoice; return its number."""
    invoice = an_invoice(user_id=phone.user_id)
    (file := folder / "invoice.json").write_text(json.dumps(invoice))
    assert local_time(INVOICES_END) in succeed(run, "alice", "record", str(file), group="invoices")
    number = str(invoice["invoice_number"])
    assert number in succeed(run, "bob", "list", "--user", phone.user_id, group="invoices")
    return number


def erase(phone: Phone) -> ReceiptLink:
    """Delete the account in the app; return the link once the request waits for the end of the hold."""
    phone.step_up()
    asked = phone.call("POST", "/v1/rights-requests", {"right": "erasure", "waive_grace": True})
    link = ReceiptLink(phone, asked.body["rights_request_id"], asked.body["receipt"])
    assert link.wait_for_answer() == "partially_completed"
    link.wait_for_step("await_lapse", "in_progress")
    return link


def kept(link: ReceiptLink) -> set[tuple[str, str]]:
    """Return what the answer lists as kept, with its end; each has a law."""
    listed = link.read()["decision"]["kept"]
    assert all(one["law"] for one in listed)
    return {(one["what"], one["ends_at"]) for one in listed}


def verified(cloud: LocalCloud, link: ReceiptLink, folder: Path) -> ErasureCertificate:
    """Return the certificate after openssl verified it."""
    folder.mkdir()
    status, lines = follow_guide(folder, cloud.state.api_url, link.certificate())
    assert (status, lines[0]) == (0, "Verified OK")
    return ErasureCertificate.read((folder / "certificate.json").read_bytes())


def stored_key(cloud: LocalCloud, account_id: AccountId) -> dict[str, Any] | None:
    """Return the raw item with a subject's data key."""
    key = {"pk": {"S": f"A#{account_id}"}}
    found = cloud.account.client("dynamodb").get_item(TableName=f"ru4m-local-{Table.KEYS}", Key=key)
    item: dict[str, Any] | None = found.get("Item")
    return item


def assert_unreadable_by(wrapped: dict[str, Any] | None, held: HeldAccount) -> None:
    """Check that the subject's key, which backups still have, works and opens no held record."""
    assert wrapped
    with acting_as_the_service(held.cloud):
        keys = subject_keys.from_item(held.account_id, plain(wrapped))
        for item in held.items():
            place = Place(HeldRecord.declaration.kind, item["pk"], item["sk"])
            assert keys.open(keys.seal(b"text", place), place) == b"text"
            with pytest.raises(SealBroken):
                keys.open(bytes(item["sealed"]), place)


@pytest.mark.promise("USE-7")
def test_erasure_keeps_invoice_and_held_profile_until_the_hold_lapses(
    cloud: LocalCloud, vesna: Phone, run: Run, tmp_path: Path
) -> None:
    account_id, number = vesna.account_id, record_invoice(run, vesna, tmp_path)
    hold_id = place_hold(run, vesna, tmp_path)
    wrapped = stored_key(cloud, account_id)
    link = erase(vesna)
    hold_ends = clock.to_text(clock.beginning_of(clock.day_of(clock.now() + LASTS)))
    assert kept(link) == {
        ("Your invoices", INVOICES_END),
        ("Your profile", hold_ends),
        ("How you used the app", hold_ends),
    }
    first = verified(cloud, link, tmp_path / "first")
    assert {one.records for one in first.held} == {"invoice", "profile", "usage_event"}

    held = HeldAccount(cloud, account_id, link.request_id, hold_id)
    documents = held.documents()
    assert documents["profile"][0]["employer"] == "Aviary Petrovaradin"
    assert documents["invoice"][0]["invoice_number"] == number
    assert_unreadable_by(wrapped, held)
    assert stored_key(cloud, account_id) is None

    held.lapse()
    until(lambda: link.read()["status"] == "completed", "the end of the erasure", TIMEOUT)
    assert kept(link) == {("Your invoices", INVOICES_END)}
    last = verified(cloud, link, tmp_path / "last")
    assert {one.records for one in last.held} == {"invoice"}
    gone = {one.records for one in last.deleted if one.place.name == "HELD"}
    assert gone == {"profile", "usage_event"}
    assert held.documents() == {"invoice": documents["invoice"]}
    assert hold_id not in succeed(run, "bob", "list", group="holds")
    assert "ended" in succeed(run, "bob", "show", hold_id, group="holds")


def test_deployed_job_pins_the_records_that_a_hold_names(
    cloud: LocalCloud, vesna: Phone, run: Run, tmp_path: Path
) -> None:
    in_an_hour = clock.to_epoch(clock.now() + HOUR)
    expire_usage_at(cloud, vesna, in_an_hour)
    place_hold(run, vesna, tmp_path)
    assert cloud.run("keep_holds")["left"] == 0
    times = usage_times(cloud, vesna)
    assert times.keys() == {"usage_event", "usage_count"}
    expires_at, delete_at = times["usage_event"]
    assert expires_at == in_an_hour
    assert delete_at >= clock.to_epoch(clock.now() + HELD_AHEAD)
    assert times["usage_count"] == (in_an_hour, in_an_hour)


def expire_usage_at(cloud: LocalCloud, phone: Phone, instant: int) -> None:
    """Let all usage of an account expire at an instant."""
    end = {":end": {"N": str(instant)}}
    for item in usage_items(cloud, phone):
        cloud.account.client("dynamodb").update_item(
            TableName=f"ru4m-local-{Table.USAGE}",
            Key={name: item[name] for name in ("pk", "sk")},
            UpdateExpression="SET expires_at = :end, delete_at = :end",
            ExpressionAttributeValues=end,
        )


def usage_times(cloud: LocalCloud, phone: Phone) -> dict[str, tuple[int, int]]:
    """Return both times of the usage of an account, by kind."""
    items = map(plain, usage_items(cloud, phone))
    return {item["kind"]: (item["expires_at"], item["delete_at"]) for item in items}


def usage_items(cloud: LocalCloud, phone: Phone) -> list[dict[str, Any]]:
    """Return the raw items with the usage of an account."""
    return [item for item in cloud.items(Table.USAGE) if item["pk"]["S"] == f"A#{phone.account_id}"]
