"""Tests the engine of campaigns: each account gets one notice and at most one mail, despite failures.

The accounts of the campaign under test are in memory. Announcements and notices of breaches test their own
letters, audiences and counts (test_announce_notices, test_notify_of_breaches).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError

from chalicelib.consents.notices import store as notices_store
from chalicelib.consents.notices.model import NoticeVersion
from chalicelib.core import aws, clock
from chalicelib.core.clock import DAY, HOUR
from chalicelib.core.ids import AccountId, MailId
from chalicelib.core.metrics import Metric
from chalicelib.core.queues import DueShards
from chalicelib.core.settings import settings
from chalicelib.core.table import Table
from chalicelib.messages.campaigns import run as campaign_run
from chalicelib.messages.campaigns import store
from chalicelib.messages.campaigns.campaign import Campaign, NoticeRecipient
from chalicelib.messages.campaigns.model import CampaignKind, NoticeState, PartProgress, Rounds
from chalicelib.messages.letters import Letters, compose
from chalicelib.messages.mail import Mail
from chalicelib.operations.mail_jobs import RECORD_BOUNCE, note_bounces
from chalicelib.privacy.leases import SHARD_LEASE
from tests.support.cases.copies import damage
from tests.support.clouds import cloud
from tests.support.clouds.cloud import counted, failing, hooked, sent_mail
from tests.support.faults.crash import Killed, kill
from tests.support.faults.outages import refused_sender
from tests.support.jobs.events import published_to_topic, report_of_mail
from tests.support.world.world import World

pytestmark = [
    pytest.mark.promise("NOT-1"),
    pytest.mark.promise("SEC-4"),
    pytest.mark.usefixtures("world", "pauses"),
]

KIND, PART = CampaignKind.ANNOUNCEMENT, "00"
SECOND = timedelta(seconds=1)
_LETTER: Letters = {"sr": ("Vest", ("Vest.",)), "en": ("News", ("News.",))}


class Trial:
    """A campaign over accounts in memory, in the order of their addresses; None: one without an address."""

    def __init__(self, *addresses: str | None, about: str = "terms-2026-12-24") -> None:
        self.about = NoticeVersion(about)
        self.audience: dict[AccountId, NoticeRecipient | None] = {}
        self.finished: list[dict[str, int]] = []
        self.unwritable = ""
        self._first_id = AccountId.new()
        for address in addresses:
            self.add(address)

    def add(self, address: str | None) -> AccountId:
        account_id = AccountId(f"{self._first_id[:-4]}{len(self.audience):04}")
        self.audience[account_id] = NoticeRecipient(account_id, address)
        return account_id

    @property
    def campaign(self) -> Campaign:
        return Campaign(
            kind=KIND,
            about=self.about,
            metric=Metric.NOTICE_ANNOUNCED,
            rounds=Rounds(2, until_next=DAY, until_repeated=6 * HOUR),
            mail_deadline=3 * DAY,
            owes_mail=False,
            parts=(PART,),
            progress=notices_store.announcing(self.about),
            page=lambda _, after, at_most: [one for one in self.audience if one > (after or "")][:at_most],
            recipients=self._recipients,
            read_letter=lambda: self._letter,
            finish=self._finish,
        )

    def due(self) -> DueShards:
        return campaign_run.find_due([] if self.finished else [self.campaign])

    def run(self, seconds: int = 300) -> None:
        """Run the schedule, and a worker for each part that is due."""
        for about, part in self.due().shards:
            assert about == self.about
            campaign_run.notify_part(self.campaign, part, clock.now() + timedelta(seconds=seconds))

    def channel(self, account_id: AccountId) -> str | None:
        found = store.notice(account_id, KIND, self.about)
        return found.channel if found and found.state is NoticeState.ANNOUNCED else None

    @property
    def channels(self) -> list[str | None]:
        """How the accounts were notified."""
        return [self.channel(account_id) for account_id in self.audience]

    @property
    def progress(self) -> PartProgress:
        return notices_store.announcing(self.about).read((PART,))[PART]

    def damage_progress(self, **changes: Any) -> None:
        damage(Table.CHALLENGES, f"announcement_progress#{self.about}#{PART}", None, **changes)

    def _recipients(self, wanted: Iterable[AccountId]) -> dict[AccountId, NoticeRecipient | None]:
        return {one: self.audience[one] for one in wanted if one in self.audience}

    def _letter(self, mail_id: MailId, to: str, locale: str | None) -> Mail:
        if to == self.unwritable:
            raise ValueError(to)
        return compose(_LETTER, mail_id, to, locale, {})

    def _finish(self, by_part: Mapping[str, PartProgress]) -> None:
        assert list(by_part) == [PART]
        self.finished.append(campaign_run.totals(by_part))


@pytest.fixture
def mails() -> Iterator[list[dict[str, Any]]]:
    with sent_mail() as sent:
        yield sent


@pytest.fixture
def trial(mails: list[dict[str, Any]]) -> Trial:
    """Return a campaign to an account with an address, and to one without."""
    return Trial("mila@test.example", None)


def refusal(code: str, status: int = 400) -> ClientError:
    answer: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "SendEmail")


PAUSED = refusal("SendingPausedException")


def finish(world: World, trial: Trial) -> None:
    """Run until both rounds are over and that is recorded."""
    for _ in range(3):
        trial.run()
        world.advance(DAY)


# --- outcomes and counts


def test_each_account_is_notified_once_and_the_end_is_recorded_with_counts(
    world: World, trial: Trial, mails: list[dict[str, Any]]
) -> None:
    finish(world, trial)
    assert (trial.channels, len(mails)) == (["email", "in_app"], 1)
    assert trial.finished == [{"mailed": 1, "shown": 1, "absent": 0}]
    assert trial.due().shards == ()


def test_campaign_without_recipients_ends_with_counts_of_zero(world: World) -> None:
    trial = Trial()
    finish(world, trial)
    assert trial.finished == [{"mailed": 0, "shown": 0, "absent": 0}]


def test_account_that_is_gone_is_counted_and_an_unconcerned_one_is_not(
    world: World, trial: Trial, mails: list[dict[str, Any]]
) -> None:
    mila, vuk = trial.audience
    trial.audience[mila] = None
    gone = AccountId.new()
    listed = sorted([mila, vuk, gone])
    campaign = replace(trial.campaign, page=lambda *_: listed)
    campaign_run.notify_part(campaign, PART, clock.now() + HOUR)
    assert (trial.channels, mails, trial.progress.absent) == ([None, "in_app"], [], 1)


def test_two_campaigns_at_once_send_one_mail_each(
    world: World, trial: Trial, mails: list[dict[str, Any]]
) -> None:
    other = Trial(about="privacy-2026-12-24")
    other.audience = dict(trial.audience)
    for about, part in campaign_run.find_due([trial.campaign, other.campaign]).shards:
        one = trial if about == trial.about else other
        campaign_run.notify_part(one.campaign, part, clock.now() + HOUR)
    assert trial.channels == other.channels == ["email", "in_app"]
    assert len(mails) == 2


def test_account_whose_notice_is_unreadable_gets_no_second_one(
    world: World, trial: Trial, mails: list[dict[str, Any]], counts: Mapping[Metric, int]
) -> None:
    trial.run()
    mila = next(iter(trial.audience))
    damage(Table.ACCOUNTS, f"A#{mila}", f"account_notice#{KIND}#{trial.about}", state="no such state")
    finish(world, trial)
    assert (len(mails), counts[Metric.RECORD_UNREADABLE]) == (1, 1)
    assert trial.finished == [{"mailed": 0, "shown": 1, "absent": 0}]


def test_unreadable_progress_is_counted_and_stops_its_part(
    trial: Trial, mails: list[dict[str, Any]], counts: Mapping[Metric, int]
) -> None:
    trial.run(seconds=-1)
    trial.damage_progress(rounds="many")
    assert trial.due().shards == ((trial.about, PART),)
    assert counts[Metric.RECORD_UNREADABLE] == 1
    trial.run()
    assert (trial.channels, mails) == ([None, None], [])


def test_every_account_is_notified_although_a_page_and_a_read_take_one(
    trial: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(campaign_run, "MAX_ACCOUNTS_PER_PAGE", 1)
    monkeypatch.setattr(campaign_run, "MAX_RECIPIENTS_PER_READ", 1)
    trial.run()
    assert trial.channels == ["email", "in_app"]


def test_messages_about_no_part_or_an_early_end_do_nothing(trial: Trial, mails: list[dict[str, Any]]) -> None:
    campaign_run.notify_part(trial.campaign, "no such part", clock.now() + HOUR)
    assert (trial.finished, trial.channels, mails) == ([], [None, None], [])


# --- letters that cannot be composed


def test_letter_that_fails_for_one_account_does_not_stop_the_others(
    world: World, trial: Trial, mails: list[dict[str, Any]], counts: Mapping[Metric, int]
) -> None:
    trial.add("vuk@test.example")
    trial.unwritable = "mila@test.example"
    trial.run()
    assert (trial.channels, len(mails)) == ([None, "in_app", "email"], 1)
    assert counts[Metric.MAIL_NOT_SENT] == 1
    assert "mila@test.example" not in world.log.getvalue()
    trial.unwritable = ""
    world.advance(6 * HOUR)
    trial.run()
    assert (trial.channels, len(mails)) == (["email", "in_app", "email"], 2)


def test_notice_whose_letter_fails_for_three_days_is_shown_in_the_app(
    world: World, trial: Trial, mails: list[dict[str, Any]]
) -> None:
    trial.unwritable = "mila@test.example"
    trial.run()
    world.advance(3 * DAY)
    trial.run()
    assert (trial.channels, mails) == (["in_app", "in_app"], [])


# --- SES refuses, takes nothing, or leaves a mail in doubt


@pytest.mark.parametrize("code", ["MessageRejected", "BadRequestException"])
def test_account_whose_address_ses_refuses_gets_an_app_notice(trial: Trial, code: str) -> None:
    with failing("sesv2", "SendEmail", refusal(code)):
        trial.run()
    assert trial.channels == ["in_app", "in_app"]


def test_account_with_a_mail_in_doubt_gets_an_app_notice_and_no_second_mail(
    world: World, trial: Trial, mails: list[dict[str, Any]]
) -> None:
    with failing("sesv2", "SendEmail", ReadTimeoutError(endpoint_url="https://ses"), moment="after"):
        trial.run()
    finish(world, trial)
    assert (trial.channels, len(mails)) == (["in_app", "in_app"], 1)


@pytest.mark.parametrize(
    "error",
    [
        refusal("TooManyRequestsException", 429),
        PAUSED,
        EndpointConnectionError(endpoint_url="https://ses"),
        *refused_sender(),
    ],
)
def test_mails_wait_while_ses_refuses_all_and_app_notices_do_not(
    world: World, trial: Trial, mails: list[dict[str, Any]], error: Exception
) -> None:
    mila = next(iter(trial.audience))
    with failing("sesv2", "SendEmail", error):
        trial.run()
    waiting = store.notice(mila, KIND, trial.about)
    assert waiting
    assert (waiting.state, waiting.announced_at, trial.channels) == ("waiting", None, [None, "in_app"])
    world.advance(6 * HOUR)
    trial.run()
    assert (trial.channels, len(mails)) == (["email", "in_app"], 1)


def test_run_waits_and_retries_if_ses_limits_the_rate_of_mails(trial: Trial, pauses: list[timedelta]) -> None:
    with failing("sesv2", "SendEmail", refusal("TooManyRequestsException", 429), times=2):
        trial.run()
    pace = settings().fan_out.mail_interval
    assert (trial.channels[0], pauses) == ("email", [pace, SECOND, SECOND])


def test_run_makes_no_further_calls_to_ses_once_ses_refuses_all_mails(world: World) -> None:
    trial = Trial("mila@test.example", "ana@test.example", "iva@test.example")
    with failing("sesv2", "SendEmail", PAUSED), counted() as calls:
        trial.run()
    assert calls["sesv2.SendEmail"] == 3  # the three tries of the first mail
    world.advance(6 * HOUR)
    trial.run()
    assert trial.channels == ["email"] * 3


# --- rounds and the deadline of mail


def test_second_round_reaches_an_account_that_the_first_could_not_see(world: World, trial: Trial) -> None:
    trial.run()
    late = trial.add(None)
    world.advance(DAY - SECOND)
    trial.run()
    assert trial.channel(late) is None
    world.advance(SECOND)
    trial.run()
    assert trial.channel(late) == "in_app"


def test_round_that_skipped_accounts_is_repeated_after_six_hours(world: World, trial: Trial) -> None:
    with failing("sesv2", "SendEmail", PAUSED):
        trial.run()
    world.advance(6 * HOUR - SECOND)
    assert trial.due().shards == ()
    world.advance(SECOND)
    trial.run()
    assert trial.channels == ["email", "in_app"]


def test_account_skipped_on_an_early_page_is_reached_by_the_next_round(
    world: World, trial: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(campaign_run, "MAX_ACCOUNTS_PER_PAGE", 1)
    with failing("sesv2", "SendEmail", PAUSED):
        trial.run()
    world.advance(6 * HOUR)
    trial.run()
    assert trial.channels == ["email", "in_app"]


def test_account_that_waited_until_the_deadline_of_mail_gets_an_app_notice(
    world: World, trial: Trial
) -> None:
    with failing("sesv2", "SendEmail", PAUSED):
        trial.run()
        for _ in range(3 * 4 - 1):
            world.advance(6 * HOUR)
            trial.run()
        assert trial.channels[0] is None
        world.advance(6 * HOUR)
        trial.run()
    assert trial.channels[0] == "in_app"


def test_wait_for_mail_that_began_in_the_future_begins_with_the_next_round(
    world: World, trial: Trial
) -> None:
    with failing("sesv2", "SendEmail", PAUSED):
        trial.run()
        trial.damage_progress(stuck_since=clock.to_text(world.now + 3650 * DAY))
        for _ in range(2):
            world.advance(3 * DAY)
            trial.run()
    assert trial.channels[0] == "in_app"


def test_wait_for_mail_begins_again_with_each_outage(world: World, trial: Trial) -> None:
    with failing("sesv2", "SendEmail", PAUSED):
        trial.run()
    world.advance(6 * HOUR)
    trial.run()
    assert trial.channels[0] == "email"
    late = trial.add("late@test.example")
    world.advance(4 * DAY)
    with failing("sesv2", "SendEmail", PAUSED):
        trial.run()
    assert trial.channel(late) is None
    world.advance(6 * HOUR)
    trial.run()
    assert trial.channel(late) == "email"


@pytest.mark.parametrize(
    "written", [("leased_until",), ("round_ended_at",), ("stuck_since", "touched_at")], ids="+".join
)
def test_part_is_not_held_up_by_a_clock_that_had_jumped_ahead(
    world: World, trial: Trial, written: tuple[str, ...]
) -> None:
    trial.run()
    trial.damage_progress(**dict.fromkeys(written, clock.to_text(world.now + 3650 * DAY)))
    world.advance(DAY)
    trial.run()
    assert trial.progress.rounds == 2


# --- mails that come back


def test_bounce_received_before_the_mail_is_recorded_is_kept(
    trial: Trial, mails: list[dict[str, Any]]
) -> None:
    def at_once(**_: Any) -> None:
        note_bounces(report_of_mail(mails[-1]), None)

    with hooked("sesv2", "after-call.sesv2.SendEmail", at_once):
        trial.run()
    assert (trial.channels, len(mails)) == (["in_app", "in_app"], 1)


def test_repeated_or_late_bounce_changes_nothing(
    world: World, trial: Trial, mails: list[dict[str, Any]]
) -> None:
    trial.run()
    note_bounces(report_of_mail(mails[0]), None)
    before = cloud.records("account_notice")
    assert trial.channels == ["in_app", "in_app"]
    world.advance(HOUR)
    note_bounces(report_of_mail(mails[0]), None)
    assert cloud.records("account_notice") == before


@pytest.mark.parametrize("kind", ["Complaint", "Delivery", "Send"])
def test_reports_of_delivered_mails_change_nothing(
    trial: Trial, mails: list[dict[str, Any]], kind: str
) -> None:
    trial.run()
    note_bounces(report_of_mail(mails[0], kind), None)
    assert trial.channels == ["email", "in_app"]


@pytest.mark.parametrize(
    "message",
    ["Successfully validated SNS topic", "[]", "{}", '{"eventType": "Bounce", "mail": {"tags": {}}}',
     '{"eventType": "Bounce", "mail": {"tags": {"mail_id": ["m_1"]}}}',
     '{"eventType": "Bounce", "mail": {"tags": {"mail_id": ["m_' + "0" * 26 + '"]}}}'],
)  # fmt: skip
def test_reports_about_unknown_mails_are_ignored(message: str) -> None:
    note_bounces(published_to_topic(message), None)
    assert cloud.records("account_notice") == []


def test_bounces_of_every_kind_of_mail_are_recorded() -> None:
    assert RECORD_BOUNCE.keys() == {*CampaignKind}


# --- kills, leases and concurrent workers


@contextmanager
def killed_at(number: int, moment: str) -> Iterator[None]:
    """Kill the process before or after its n-th call to AWS."""
    left = iter(range(number))

    def count(**_: Any) -> None:
        if next(left, None) is None:
            raise Killed

    with (
        hooked("dynamodb", f"{moment}-call.dynamodb", count),
        hooked("sesv2", f"{moment}-call.sesv2", count),
    ):
        yield


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("mailed", [0, 1], ids=["mail first", "mail last"])
def test_every_account_gets_one_notice_when_a_run_is_killed_at_any_call(
    world: World, mails: list[dict[str, Any]], mailed: int, moment: str
) -> None:
    addresses: list[str | None] = [None, None]
    addresses[mailed] = "mila@test.example"
    seen = set()
    for number in range(100):
        mails.clear()
        trial = Trial(*addresses, about=f"terms-2026-12-{number + 1:02}")
        try:
            with killed_at(number, moment):
                trial.run()
        except Killed:
            world.advance(SHARD_LEASE)  # of the killed run
            trial.run()
            mila = trial.channels[mailed]
            assert trial.channels[1 - mailed] == "in_app"
            assert len(mails) <= 1
            assert (trial.progress.mailed, trial.progress.shown) == ((1, 1) if mila == "email" else (0, 2))
            seen.add((mila, len(mails)))
        else:
            break
    else:
        pytest.fail("the run does not end")
    assert number > 8
    # Notified by mail, or in the app with a mail in doubt, or in the app only. Never by two mails.
    assert seen <= {("email", 1), ("in_app", 0), ("in_app", 1)}
    assert ("email", 1) in seen
    assert ("in_app", 1) in seen if moment == "after" else ("in_app", 0) in seen


def test_run_stops_before_its_timeout_and_the_next_run_continues(world: World) -> None:
    trial = Trial(None, None)
    first, second = trial.audience
    trial.run(seconds=0)
    assert trial.channels == [None, None]

    def take_long(model: Any, **_: Any) -> None:
        if model.name == "PutItem" and trial.progress.leased_until and trial.channel(first) is None:
            world.advance(timedelta(minutes=5))

    with hooked("dynamodb", "before-call.dynamodb", take_long):
        trial.run()
    assert (trial.channel(first), trial.channel(second), trial.progress.after) == ("in_app", None, first)
    trial.run()
    assert trial.channels == ["in_app", "in_app"]


def test_part_of_a_killed_worker_is_abandoned_until_another_one_continues(world: World, trial: Trial) -> None:
    with killed_at(3, "before"), suppress(Killed):
        trial.run()
    with counted() as calls:
        assert trial.due().shards == ()
        campaign_run.notify_part(trial.campaign, PART, clock.now() + HOUR)
    assert calls == {"dynamodb.BatchGetItem": 2}  # of the schedule, and of the worker
    world.advance(SHARD_LEASE)
    assert trial.due().abandoned == 1
    trial.run()
    assert (trial.channels, trial.due().abandoned) == (["email", "in_app"], 0)


def test_two_runs_over_the_same_accounts_send_one_mail(
    world: World, trial: Trial, mails: list[dict[str, Any]]
) -> None:
    """The second takes over while the first, whose lease expired, is about to send."""
    once = iter([True])

    def let_another_run_take_over(**_: Any) -> None:
        if next(once, False):
            world.advance(SHARD_LEASE)
            trial.run()

    with hooked("sesv2", "before-call.sesv2.SendEmail", let_another_run_take_over):
        trial.run()
    assert (trial.channels, len(mails)) == (["in_app", "in_app"], 1)


def test_run_that_lost_its_lease_does_not_change_the_stored_progress(
    world: World, trial: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(campaign_run, "MAX_ACCOUNTS_PER_PAGE", 1)
    once, left = iter([True]), list[PartProgress]()

    def let_another_run_take_over(**_: Any) -> None:
        if next(once, False):
            world.advance(SHARD_LEASE)
            trial.run()
            left.append(trial.progress)
            world.advance(timedelta(minutes=1))

    with hooked("sesv2", "before-call.sesv2.SendEmail", let_another_run_take_over):
        trial.run()
    assert [progress.rounds for progress in left] == [1]
    assert trial.progress == left[0]


def test_mail_recorded_by_a_concurrent_run_stays_recorded(world: World, trial: Trial) -> None:
    """A run finds a mail in doubt. Before it shows the notice in the app, another run records the mail."""
    mila = next(iter(trial.audience))
    with hooked("sesv2", "after-call.sesv2.SendEmail", kill), pytest.raises(Killed):
        trial.run()
    world.advance(SHARD_LEASE)
    once = iter([True])

    def note(**_: Any) -> None:
        if next(once, False):
            aws.client("dynamodb").update_item(
                TableName="ru4m-test-accounts",
                Key={"pk": {"S": f"A#{mila}"}, "sk": {"S": f"account_notice#{KIND}#{trial.about}"}},
                UpdateExpression="SET #s = :announced, announced_at = :now",
                ExpressionAttributeNames={"#s": "state"},
                ExpressionAttributeValues={
                    ":announced": {"S": "announced"},
                    ":now": {"S": clock.to_text(world.now)},
                },
            )

    with hooked("dynamodb", "before-call.dynamodb.UpdateItem", note):
        trial.run()
    assert trial.channels[0] == "email"
