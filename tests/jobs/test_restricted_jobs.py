"""Every job for a wholly restricted account: it only stores the data, and what the law allows (RGT-4).

A new job fails here until it has a line in `ALLOWED`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.accounts.model import LastUse
from chalicelib.accounts.service import last_uses
from chalicelib.consents.jobs import announce_to_shard
from chalicelib.consents.notices import service as notices
from chalicelib.core import clock
from chalicelib.core.clock import DAY
from chalicelib.core.ids import AccountId, UserId
from chalicelib.core.settings import settings
from chalicelib.core.table import ends
from chalicelib.operations.breaches.jobs import notify_of_breaches
from chalicelib.reconciliation.jobs import sync_chat_profiles
from chalicelib.retention.consent_jobs import renew_shard
from chalicelib.rights.erasure.idle import plan
from chalicelib.rights.jobs import erase_accounts, work_rights
from chalicelib.stream import gateway
from chalicelib.stream.model import ChatProfile
from chalicelib.usage import store as usage_store
from chalicelib.usage.figures import Tally
from infra.stream_emulator import Emulator
from tests.support.cases import support
from tests.support.cases.abuse import decides, own_reports, reports
from tests.support.cases.breaches import an_announced_breach
from tests.support.cases.erasure_requests import erasable
from tests.support.cases.restrictions import restricts, work_for
from tests.support.clouds import cloud
from tests.support.jobs.events import Context, messages
from tests.support.seeds.world import JOBS, Job
from tests.support.world.builders import a_fault, a_schedule_event, an_address, an_event
from tests.support.world.notices import a_version, publish
from tests.support.world.world import User, World

_WORKERS: dict[str, Any] = {
    "rights": work_rights,
    "erasures": erase_accounts,
    "renewals": renew_shard,
    "announcements": announce_to_shard,
    "breaches": notify_of_breaches,
}
_WORKER_TIME = 300  # seconds

# What a job may change in the subject's own records, by kind. Keeping an item longer is storage.
ALLOWED: dict[str, set[str]] = {
    "keep_holds": set(),
    "renew_consents": set(),  # data of withdrawn consents is preserved
    "announce_notices": {"account_notice"},  # required by law
    "roll_up_usage": set(),
    "purge_expired": set(),
    "record_verified_codes": set(),
    "reconcile_chat": set(),
    "send_unsent": {"account", "profile"},  # their marks; the user is deactivated
    "check_chat_settings": set(),
    "close_idle_accounts": {"last_use"},  # when the job looks again
    "sweep_rights": set(),
    "checkpoint_ledger": set(),
    "watch_breaches": {"account_notice"},  # required by law
    "work_on_reports": set(),  # notices of decisions, which the law requires
    "report_inbox": {"support_message"},  # the answer that its owner asked for; else it mails operators
}
# How long after the restriction a job runs: the day of the events closes, and they end after thirty days.
WAITED = dict.fromkeys(ALLOWED, 4 * DAY) | {"purge_expired": 40 * DAY, "renew_consents": 40 * DAY}
_MAILING = {"announce_notices", "watch_breaches", "report_inbox", "work_on_reports"}


def test_every_job_is_listed() -> None:
    assert {job.name for job in JOBS} == ALLOWED.keys()


@pytest.fixture
def mila(world: World, stream: Emulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[User]:
    """Return a user who restricted all, with data that every job would use otherwise."""
    monkeypatch.setattr(clock, "pause", lambda _: None)
    monkeypatch.setattr(notices, "describes", lambda _: True)
    monkeypatch.setenv("RU4M_RECONCILIATION_PASS_DAYS", "1")
    for module in (usage_store, ends):
        monkeypatch.setattr(module, "SHARDS", ("00",))  # a run reads each shard of each open day
    publish(a_version("2027-01-24", announced_for=60 * DAY))
    with erasable():
        mila = world.a_user()
        mila.has_email(an_address())
        for purpose in ("analytics", "marketing"):
            mila.consents(purpose)
        mila.submits_usage(an_event(), a_fault())
        mila.withdraws("analytics")
        account_id = AccountId(mila.account_id)
        use = last_uses.read(account_id)
        assert use
        old = LastUse(account_id=account_id, used_at=world.now - 800 * DAY)
        last_uses.move(use, old, plan.place(old))
        gateway.upsert([ChatProfile(UserId(mila.user_id), mila.profile()["display_name"], None)])
        cloud.clear_queues()
        yield mila


# When an item is deleted, and where an index has it.
_PLACES = {"delete_at", "ends", "ends_from", "hour", "hour_at"}


def records_of(mila: User) -> dict[tuple[str, str], dict[str, Any]]:
    """Return the subject's own records, without when they are deleted."""
    own = (item for item in cloud.all_items() if item["pk"] == {"S": f"A#{mila.account_id}"})
    return {
        (item["kind"]["S"], item.get("sk", {}).get("S", "")): {
            name: value for name, value in item.items() if name not in _PLACES
        }
        for item in own
    }


def changed_kinds(before: dict[Any, dict[str, Any]], after: dict[Any, dict[str, Any]]) -> set[str]:
    keys = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
    return {(after.get(key) or before[key])["kind"]["S"] for key in keys}


def run(job: Job) -> None:
    for _ in range(2 if job.counts_first else 1):
        job.handler(a_schedule_event(), Context())
    while waiting := [(queue, body) for queue in job.queues for body in cloud.take_messages(queue)]:
        for queue, body in waiting:
            _WORKERS[queue](messages(body), Context(_WORKER_TIME))


@pytest.mark.promise("RGT-4")
@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.name)
def test_job_does_not_use_the_data_of_a_restricted_account(
    world: World, mila: User, stream: Emulator, monkeypatch: pytest.MonkeyPatch, job: Job
) -> None:
    counted: list[object] = []
    address = mila.profile()["email"]
    monkeypatch.setattr(Tally, "add", lambda _, sums: counted.append(sums))
    request_id = restricts(mila, "b")
    work_for(world, request_id, WAITED[job.name])
    cloud.clear_queues()
    gateway.reactivate(UserId(mila.user_id))  # as a mistake could do
    if job.name == "watch_breaches":
        an_announced_breach(world.an_operator("alice"), world.an_operator("bob"))
    if job.name == "report_inbox":
        support.answers(world.an_operator("alice"), support.writes(world, address))
    if job.name == "work_on_reports":
        reporter = world.a_user()
        decides(world.an_operator("alice"), reports(reporter, mila).json["abuse_report_id"])
        own_reports(reporter)  # so only Mila has to be notified
    before, texts = records_of(mila), len(world.sent_messages())
    with cloud.sent_mail() as mails:
        run(job)
    assert changed_kinds(before, records_of(mila)) == ALLOWED[job.name]
    assert counted == []
    assert len(world.sent_messages()) == texts
    mails = [mail for mail in mails if mail["Destination"]["ToAddresses"] != [settings().contact_email]]
    to_subject = [mail for mail in mails if mail["Destination"]["ToAddresses"] == [address]]
    assert job.name in _MAILING or to_subject == []
    if job.name in _MAILING:
        assert [mail["Destination"]["ToAddresses"] for mail in mails] == [[address]]
    if job.name == "send_unsent":
        assert stream.user(mila.user_id)["state"] == "deactivated"


@pytest.mark.promise("RGT-4")
def test_stream_of_the_table_sends_nothing_and_suspends_the_user(
    world: World, mila: User, stream: Emulator
) -> None:
    restricts(mila)
    key = {"pk": {"S": f"A#{mila.account_id}"}, "sk": {"S": "account"}}
    before = len(stream.requests(principal="server"))
    change = {"Keys": key, "SequenceNumber": "1", "ApproximateCreationDateTime": clock.to_epoch(world.now)}
    record = {"eventName": "MODIFY", "dynamodb": change}
    sync_chat_profiles({"Records": [record]}, Context())
    asked = [one["operation"] for one in stream.requests(principal="server")[before:]]
    assert asked == ["DeactivateUser"]
