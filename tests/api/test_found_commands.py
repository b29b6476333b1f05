"""`rights list` with options and `ledger show`, run against the routes that they call (ADR 93)."""

from __future__ import annotations

import json

import pytest

from chalicelib.core.ids import RightsRequestId
from chalicelib.rights.request import receipts
from infra.ops.cases import histories
from tests.support.world.commands import Commands, Wire
from tests.support.world.operators import Operator
from tests.support.world.world import User


@pytest.fixture
def rights(wire: Wire) -> Commands:
    return Commands("rights", wire)


@pytest.fixture
def ledger(wire: Wire) -> Commands:
    return Commands("ledger", wire)


@pytest.fixture
def answered(mila: User, asked: str) -> str:
    """Return the id of a closed request."""
    mila.calls("POST", f"/v1/rights-requests/{asked}/cancel")
    return asked


@pytest.fixture
def mila(world: object, mila: User) -> User:
    return mila.is_stepped_up()


@pytest.mark.promise("RGT-10")
def test_closed_request_is_listed_by_user_with_day_of_receipt(
    rights: Commands, mila: User, answered: str
) -> None:
    done = rights("ana", "list", "--state", "closed", "--user", mila.user_id, "--right", "access")
    assert done.exit_code == 0, done.output
    assert "1 found" in done.output
    for shown in (answered, mila.user_id, "cancelled", " CET"):
        assert shown in done.output


@pytest.mark.promise("RGT-10", "SEC-1")
def test_receipt_is_typed_and_sent_in_a_body_only(rights: Commands, wire: Wire, answered: str) -> None:
    link = receipts.link(RightsRequestId(answered))
    done = rights("ana", "list", "--receipt", typed=f"{link}\n")
    assert (done.exit_code, answered in done.output) == (0, True), done.output
    receipt = link.partition("#")[2].partition(".")[2]
    assert receipt not in done.output
    assert [receipt in request.url for request in wire.sent] == [False]
    assert json.loads(wire.sent[0].body) == {"rights_request_id": answered, "receipt": receipt}


def test_link_without_its_receipt_is_refused(rights: Commands, wire: Wire, answered: str) -> None:
    done = rights("ana", "list", "--receipt", typed=f"https://api.test/privacy/request#{answered}\n")
    assert (done.exit_code, "not a whole link" in done.output, wire.sent) == (2, True, [])


def test_list_without_options_shows_open_requests_only(rights: Commands, answered: str) -> None:
    shown = rights("ana", "list").output
    assert ("0 open" in shown, answered in shown) == (True, False)


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (
            ("--state", "closed"),
            1,
            "/received_from: Required without a request id",
        ),
        (("--to", "2026-11-20"), 1, "/received_to: Two days, the first one first"),
        (("--state", "done"), 2, "'open', 'closed'"),
        (("--right", "silence"), 2, "'erasure'"),
        (("--user", "mila"), 2, "not a user id"),
        (("--receipt",), 2, "nothing was typed as link or receipt"),
    ],
)
def test_combination_or_value_that_is_none_is_refused_in_one_line(
    rights: Commands, words: tuple[str, ...], status: int, said: str
) -> None:
    done = rights("ana", "list", *words)
    assert (done.exit_code, said in done.output) == (status, True), done.output


@pytest.mark.promise("RGT-10")
def test_looks_of_a_colleague_are_shown_in_words(
    ledger: Commands, alice: Operator, bob: Operator, asked: str
) -> None:
    alice.lists()
    done = ledger("bob", "show", "--chain", f"staff#{alice.arn}")
    assert done.exit_code == 0, done.output
    for shown in (alice.arn, f"listed, requests: {asked}", " CET", "1 entries"):
        assert shown in done.output


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ({"by": "subject"}, ("subject", "made")),
        ({}, ("the service", "made")),
        ({"by": "st_1", "ids": ["a", "b"], "n": {"x_y": 1}}, ("ARN", "made, ids: a, b; n: (x y 1)")),
        (
            {"by": "job", "ends_at": "2026-12-01T00:00:00Z"},
            ("job", "made, ends at: 2026-12-01 01:00 CET"),
        ),
    ],
)
def test_entry_is_put_in_words(said: dict[str, object], shown: tuple[str, str]) -> None:
    entry = {"seq": 1, "at": "2026-11-30T21:15:00Z", "event": "made", "said": said}
    row = histories._in_words(entry, {"st_1": "ARN"})
    assert row == (1, "2026-11-30 22:15 CET", *shown)
