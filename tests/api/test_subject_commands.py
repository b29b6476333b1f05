"""`python -m infra.ops subjects`, `consents`, `notices`, `purge status` and `recipients`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from chalicelib.accounts.service import glances
from chalicelib.core.clock import MINUTE
from chalicelib.core.ids import AccountId
from chalicelib.core.table import Table, partition_of
from chalicelib.privacy.recipients import Recipient
from chalicelib.reconciliation.cases import service as cases
from chalicelib.reconciliation.cases.model import StreamLoss
from chalicelib.retention.purge import evidence
from infra.ops.__main__ import app
from tests.support.cases import breaches
from tests.support.cases.copies import damage
from tests.support.cases.disclosures import an_approved_order
from tests.support.clouds import cloud
from tests.support.world.commands import Commands, Wire
from tests.support.world.world import User, World


@pytest.fixture
def mila(world: World) -> User:
    return world.a_user().is_stepped_up()


@pytest.mark.promise("RGT-11", "SEC-1")
def test_subject_is_found_by_a_number_that_is_typed_and_never_in_an_address(wire: Wire, mila: User) -> None:
    run = Commands("subjects", wire)
    found = run("ana", "find", "--phone", typed=f"{mila.phone}\n")
    assert found.output.endswith(f"{mila.user_id}  open")
    (request,) = wire.sent
    assert mila.phone not in request.url + str(request.headers)
    assert json.loads(request.body) == {"phone": mila.phone}
    nobody = run("ana", "find", "--email", typed="nobody@example.org\n")
    assert (nobody.exit_code, "no account that a letter may reach" in nobody.output) == (0, True)


@pytest.mark.promise("RGT-11")
@pytest.mark.parametrize("typed", ["060 123 4568", "060/123-45-68", "+381 60/123-4568", "00381 60 1234568"])
def test_number_is_found_as_people_in_serbia_write_it(world: World, wire: Wire, typed: str) -> None:
    user = world.a_user("+381601234568")
    found = Commands("subjects", wire)("ana", "find", "--phone", typed=f"{typed}\n")
    assert found.output.endswith(f"{user.user_id}  open")
    assert all(part not in wire.sent[0].url for part in ("1234568", "4568", "%20"))
    assert "4568" not in world.log.getvalue()


@pytest.mark.parametrize("typed", ["060 123", "mila", "call 060 123 4568", "011 123 4567", "+381 60 12"])
def test_text_that_is_no_mobile_number_gets_a_clear_answer(wire: Wire, typed: str) -> None:
    refused = Commands("subjects", wire)("ana", "find", "--phone", typed=f"{typed}\n")
    assert refused.output.startswith("phone of the subject: refused: 400 invalid_phone")
    assert "such as 060 123 4567" in refused.output


@pytest.mark.parametrize("words", [(), ("--phone", "--email")])
def test_search_needs_exactly_one_kind_of_contact(wire: Wire, words: tuple[str, ...]) -> None:
    done = Commands("subjects", wire)("ana", "find", *words)
    assert (done.exit_code, wire.sent) == (2, [])


@pytest.mark.promise("RGT-11")
def test_state_of_a_subject_is_shown_in_tables(world: World, wire: Wire, mila: User) -> None:
    request_id = mila.exercises("restriction", ground="b").json["rights_request_id"]
    hold = world.an_operator("boris").places_hold(mila.user_id).json["id"]
    shown = Commands("subjects", wire)("ana", "show", mila.user_id).output
    for text in (mila.user_id, "only privacy rights can be used", request_id, hold, "all use but storage"):
        assert text in shown


@pytest.mark.promise("RGT-7")
def test_consents_without_proof_end_with_status_three(wire: Wire, mila: User) -> None:
    mila.consents("analytics")
    run = Commands("consents", wire)
    proven = run("ana", "show", mila.user_id)
    assert (proven.exit_code, "1 entries follow one another" in proven.output) == (0, True)
    damage(Table.ACCOUNTS, partition_of(AccountId(mila.account_id)), "purposes", sealed=b"altered")
    lost = run("ana", "show", mila.user_id)
    assert (lost.exit_code, "restore the item" in lost.output) == (3, True)


def test_versions_of_notices_and_the_proof_of_the_purge_are_shown(world: World, wire: Wire) -> None:
    listed = Commands("notices", wire)("ana", "list").output
    assert "privacy-2024-05-08" in listed
    purge = Commands("purge", wire)
    assert purge("ana", "status").exit_code == 1
    evidence.record_begun(world.now, world.now - MINUTE, "rights")
    evidence.record_finished(world.now, world.now - MINUTE, {"rights": {"found": 2, "deleted": 2}}, 1)
    shown = purge("ana", "status").output
    assert "2 deleted, 2 found" in shown
    assert "purge#2026-11-24, entry 2" in shown


def test_register_of_recipients_is_listed_without_a_stage() -> None:
    done = CliRunner().invoke(app, ["--json", "recipients", "list"])
    assert [one["name"] for one in json.loads(done.stdout)["items"]] == [one.name for one in Recipient]


# --- audit


@pytest.mark.promise("RGT-10", "SEC-1")
def test_each_command_that_shows_a_subject_names_the_operator_in_the_ledger(
    world: World, wire: Wire, mila: User, tmp_path: Path
) -> None:
    clerk, second = world.an_operator("clerk"), world.an_operator("second")
    account = glances([AccountId(mila.account_id)])[AccountId(mila.account_id)]
    assert account
    cases.open_case(account, StreamLoss.DELETED)
    mila.gets_invoiced()
    request_id = mila.exercises("erasure").json["rights_request_id"]
    hold = clerk.places_hold(mila.user_id).json["id"]
    disclosure = an_approved_order(clerk, second, mila)
    breach = breaches.opens(clerk)
    shown: list[tuple[str, ...]] = [
        ("inbox",),
        ("rights", "list"),
        ("rights", "show", request_id),
        ("rights", "recipients", request_id),
        ("erasures", "list"),
        ("erasures", "show", request_id),
        ("holds", "list"),
        ("holds", "show", hold),
        ("holds", "lift", hold, "--dry-run"),
        ("disclosures", "list"),
        ("disclosures", "show", disclosure),
        ("breach", "list"),
        ("breach", "show", breach),
        ("breach", "notify-subjects", breach, "--dry-run"),
        ("invoices", "list", "--user", mila.user_id),
        ("stream-cases", "list"),
        ("subjects", "show", mila.user_id),
        ("consents", "show", mila.user_id),
    ]
    unrecorded = []
    for number, (group, *words) in enumerate(shown):
        name = f"reader{number}"
        before = len(entries_by(world, name))
        done = Commands(group, wire)(name, *words)
        assert done.exit_code == 0, (group, words, done.output)
        if len(entries_by(world, name)) == before:
            unrecorded.append((group, *words))
    assert unrecorded == []


def entries_by(world: World, name: str) -> list[str]:
    """Return the entries of the Ledger that name an operator."""
    staff_id = world.an_operator(name).staff_id
    ledger = cloud.items_of("ledger")
    return [item["pk"]["S"] for item in ledger if staff_id in item["payload"]["S"]]
