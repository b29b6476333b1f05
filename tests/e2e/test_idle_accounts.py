"""Tests the closing of idle accounts on the deployed stack: warnings, erasure, sign-in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest
from typer.testing import CliRunner

from chalicelib.accounts.model import LastUse
from chalicelib.accounts.service import last_uses
from chalicelib.consents.notices.model import Notice, NoticeKind, NoticeVersion
from chalicelib.core import clock
from chalicelib.core.clock import DAY
from chalicelib.privacy.purposes import Practice
from chalicelib.rights.erasure.idle import plan
from infra.local.cloud import LocalCloud
from infra.local.tour.phone import Phone, codes_in
from infra.local.waiting import until
from infra.ops.__main__ import app as ops
from infra.ops.standing_in import act_as_signup
from tests.support.clouds.deployed import StoredItems

ADDRESS = "mila.idle@inbox.local.ru4m.example"


def says_so() -> Notice:
    """Return a version that is in effect since yesterday."""
    day = clock.now().replace(hour=0, minute=0, second=0) - DAY
    return Notice(
        kind=NoticeKind.PRIVACY,
        version=NoticeVersion(f"privacy-{day:%Y-%m-%d}"),
        published_at=day - 30 * DAY,
        effective_at=day,
        url="https://ru4m.com/privacy/next",
        changes="Accounts that are not used for two years are deleted.",
        practices=frozenset({Practice.CLOSING_IDLE_ACCOUNTS}),
    )


def signed_up(cloud: LocalCloud, number: str) -> Phone:
    phone = Phone(cloud.state.api_url, number, cloud.texts_to)
    phone.sign_up()
    return phone


def use_of(phone: Phone) -> LastUse:
    found = last_uses.read(phone.account_id)
    assert found
    return found


def date_back(phone: Phone, **instants: datetime) -> None:
    """Let the record of a last use be older, as if time had passed."""
    before = use_of(phone)
    after = before.model_copy(update=instants)
    last_uses.move(before, after, plan.place(after))


@pytest.mark.proof
@pytest.mark.night
@pytest.mark.promise("RET-5")
def test_accounts_are_warned_and_erased_unless_their_owners_sign_in(
    own_cloud: LocalCloud, numbers: Iterator[str]
) -> None:
    mila, vuk, vera = (signed_up(own_cloud, next(numbers)) for _ in range(3))
    challenge = mila.ask_for_email(ADDRESS).body["challenge_id"]
    mila.give_mailed_code(challenge, codes_in(own_cloud.mails_to(ADDRESS))[-1])
    mails, texts = len(own_cloud.mails_to(ADDRESS)), len(own_cloud.texts_to(vuk.number))
    ids = [phone.account_id for phone in (mila, vuk)]
    own_cloud.publish(says_so())
    act_as_signup(own_cloud.account, "local")

    for phone in (mila, vuk, vera):
        date_back(phone, used_at=clock.now() - 720 * DAY)
    counted = own_cloud.run("close_idle_accounts")
    assert (counted["acted"], counted["due"]) == (0, 3)
    assert own_cloud.run("close_idle_accounts")["warned"] == 3
    assert len(own_cloud.mails_to(ADDRESS)) == mails + 1
    assert len(own_cloud.texts_to(vuk.number)) == texts + 1

    vera.sign_up()
    date_back(mila, warned_at=clock.now() - 50 * DAY, closes_at=clock.now() + 10 * DAY)
    assert own_cloud.run("close_idle_accounts")["warned"] == 1
    assert len(own_cloud.mails_to(ADDRESS)) == mails + 2
    for phone in (mila, vuk):
        date_back(phone, warned_at=clock.now() - 80 * DAY, closes_at=clock.now())
    date_back(vera, warned_at=clock.now() - 80 * DAY, closes_at=clock.now())
    ran = own_cloud.run("close_idle_accounts")
    assert (ran["closed"], ran["used"]) == (2, 1)
    until(lambda: not any(_stored(own_cloud, one) for one in ids), "the ends of both erasures", 90.0)
    assert vera.call("GET", "/v1/profile").status == 200
    assert not [line for line in own_cloud.log_lines("close_idle_accounts") if "Denied" in line]
    assert ADDRESS not in "\n".join(own_cloud.log_lines())


def _stored(cloud: LocalCloud, account_id: str) -> set[str]:
    """Return where an account is stored, besides requests, evidence, and what expires within days."""
    places = {place.removeprefix("ru4m-local-") for place in StoredItems(cloud).keys_with(account_id)}
    return {place for place in places if not place.startswith(("rights R", "ledger", "challenges"))}


def test_operator_counts_and_watches_accounts_by_commands(cloud: LocalCloud, numbers: Iterator[str]) -> None:
    act_as_signup(cloud.account, "local")
    signed_up(cloud, next(numbers))
    place = [
        "--stage",
        "local",
        "--region",
        cloud.account.region,
        "--endpoint-url",
        str(cloud.account.endpoint),
    ]
    counted = CliRunner().invoke(ops, ["idle-accounts", "run", "--dry-run", *place])
    assert (counted.exit_code, "0 acted" in counted.output) == (0, True), repr(counted.exception)
    released = CliRunner().invoke(ops, ["idle-accounts", "release", *place])
    assert (released.exit_code, "The next run only counts" in released.output) == (0, True)
    watched = CliRunner().invoke(ops, ["idle-accounts", "watch", *place])
    assert (watched.exit_code, "accounts seen, 0 of them" in watched.output) == (0, True), watched.output
