"""Tests the cost of announcing: one write in the app, or two writes and a mail."""

from datetime import timedelta
from math import ceil

import pytest

from chalicelib.accounts import service as accounts
from chalicelib.accounts import store as accounts_store
from chalicelib.core import clock
from tests.support.clouds.cloud import Calls, counted
from tests.support.jobs import workers
from tests.support.world.notices import DAY, a_version, publish
from tests.support.world.world import World


def run() -> Calls:
    with counted() as calls:
        workers.announce()
    return calls


@pytest.mark.parametrize(
    ("in_app", "by_mail"), [(3, 0), (0, 3), pytest.param(55, 2, marks=pytest.mark.proof)]
)
def test_announcing_to_n_accounts_costs_their_writes_and_a_read_for_every_20(
    world: World, monkeypatch: pytest.MonkeyPatch, in_app: int, by_mail: int
) -> None:
    monkeypatch.setattr(accounts, "SHARDS", ("00",))
    monkeypatch.setattr(accounts_store, "SHARDS", ("00",))
    for number in range(in_app + by_mail):
        user = world.a_user()
        world.advance(timedelta(minutes=1))  # within the limits of one address
        if number < by_mail:
            user.has_email(f"n{number}@test.example")
    publish(a_version("2026-12-24", announced_for=60 * DAY))
    monkeypatch.setattr(clock, "pause", lambda _: None)
    count, pages = in_app + by_mail, (in_app + by_mail) // 100 + 1
    assert run() == Calls(
        {
            "dynamodb.Query": pages,
            "sqs.SendMessageBatch": 1,
            # The progress, by the schedule and by the worker; what accounts need; how they can be reached.
            "dynamodb.BatchGetItem": 2 + ceil(count / 50) + ceil(count / 20),
            # Each notice in the app, the start of the progress, and every page of it.
            "dynamodb.PutItem": in_app + 1 + pages,
            "dynamodb.TransactWriteItems": by_mail,
            "dynamodb.UpdateItem": by_mail,
            "sesv2.SendEmail": by_mail,
        }
    )
    assert run() == {"dynamodb.BatchGetItem": 1}
