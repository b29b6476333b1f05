"""`python -m infra.ops invoices` records invoices from files and lists those of a user."""

import json
from pathlib import Path

import pytest

from tests.support.world.builders import an_invoice
from tests.support.world.commands import Commands, Wire
from tests.support.world.world import User


@pytest.fixture
def run(wire: Wire) -> Commands:
    return Commands("invoices", wire)


def test_invoice_is_recorded_from_a_file_and_listed(run: Commands, mila: User, tmp_path: Path) -> None:
    file = tmp_path / "invoice.json"
    file.write_text(json.dumps(an_invoice(user_id=mila.user_id, invoice_number="RU-2026-000123")))
    recorded = run("alice", "record", str(file))
    assert recorded.output == "RU-2026-000123  kept until 2037-01-01 01:00 CET"
    listed = run("bob", "list", "--user", mila.user_id).output
    row = next(line for line in listed.splitlines() if "RU-2026-000123" in line)
    for shown in ("2026-11-24", "9.90 EUR", "2026-11-01 to 2026-11-30", "pi_3Q9xTest"):
        assert shown in row


def test_all_pages_of_a_users_invoices_are_listed(
    run: Commands, mila: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chalicelib.staff.billing.service.PAGE", 2)
    for number in range(1, 6):
        mila.gets_invoiced(invoice_number=f"2026-{number}")
    assert "5 invoices" in run("alice", "list", "--user", mila.user_id).output


def test_refused_invoice_prints_the_rule_without_the_value(run: Commands, mila: User, tmp_path: Path) -> None:
    file = tmp_path / "invoice.json"
    card = "4111111111111111"
    file.write_text(json.dumps(an_invoice(user_id=mila.user_id, provider_reference=card)))
    refused = run("alice", "record", str(file))
    assert (refused.exit_code, card in refused.output) == (1, False)
    assert "/provider_reference" in refused.output


@pytest.mark.parametrize("content", ["", "[]", "not JSON"])
def test_file_that_is_no_json_object_is_not_sent(
    wire: Wire, run: Commands, tmp_path: Path, content: str
) -> None:
    file = tmp_path / "invoice.json"
    file.write_text(content)
    assert run("alice", "record", str(file)).exit_code == 2
    assert wire.sent == []


@pytest.mark.parametrize("user", ["mila", f"u_{'0' * 26}&cursor=1"])
def test_malformed_user_id_is_not_sent(wire: Wire, run: Commands, user: str) -> None:
    assert run("alice", "list", "--user", user).exit_code == 2
    assert wire.sent == []
