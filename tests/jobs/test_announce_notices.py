"""Tests announcing: every account gets one announcement of a new version, despite failures."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import timedelta
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from chalicelib.accounts import service as accounts
from chalicelib.accounts import store as accounts_store
from chalicelib.consents import announcements
from chalicelib.consents.jobs import announce_notices, announce_to_shard
from chalicelib.consents.notices import versions
from chalicelib.core import aws
from chalicelib.core.ids import AccountId
from chalicelib.core.metrics import Metric
from chalicelib.core.observe import EntryFailed
from chalicelib.core.settings import settings
from chalicelib.core.table import Table
from chalicelib.messages.campaigns import run as campaign_run
from chalicelib.messages.campaigns.campaign import NoticeRecipient, notify
from chalicelib.operations.mail_jobs import note_bounces
from tests.support.cases.copies import damage
from tests.support.clouds import cloud
from tests.support.clouds.cloud import Calls, counted, failing, hooked
from tests.support.faults.outages import refuse_profile_of
from tests.support.jobs import workers
from tests.support.jobs.events import Context, messages, report_of_mail
from tests.support.world.builders import a_phone, a_schedule_event
from tests.support.world.limits import configure
from tests.support.world.notices import DAY, a_version, publish
from tests.support.world.world import User, World

NEWER = a_version("2026-12-24", announced_for=60 * DAY)
HOUR = timedelta(hours=1)


def run(seconds: int = 300) -> None:
    workers.announce(seconds)


def stored_announcement(user: User, version: str = NEWER.version) -> dict[str, str] | None:
    """Return the stored announcement as plain texts, or None."""
    places = (f"A#{user.account_id}", f"account_notice#announcement#{version}")
    for item in cloud.records("account_notice"):
        if (item["pk"]["S"], item["sk"]["S"]) == places:
            return {name: value["S"] for name, value in item.items()}
    return None


def channel(user: User, version: str = NEWER.version) -> str | None:
    record = stored_announcement(user, version)
    return record["channel"] if record and record["state"] == "announced" else None


@pytest.fixture(autouse=True)
def quick_runs(one_shard: None, pauses: list[timedelta]) -> None:
    """Let runs read one shard and wait for nothing, before an account exists."""


@pytest.fixture
def mila(world: World, mails: list[dict[str, Any]]) -> User:
    """Return a user with a verified address."""
    return world.begin(mila_here)


def mila_here(world: World) -> User:
    user = world.a_user()
    user.has_email("mila@test.example")
    return user


@pytest.fixture
def newer(mila: User, vuk: User) -> None:
    """Publish a version after both users signed up."""
    publish(NEWER)


@pytest.mark.promise("NOT-1")
@pytest.mark.usefixtures("newer")
def test_account_with_an_unreadable_profile_is_announced_to_in_the_app(
    mila: User, vuk: User, mails: list[dict[str, Any]]
) -> None:
    refuse_profile_of(mila)
    run()
    assert (channel(mila), channel(vuk), mails) == ("in_app", "in_app", [])


@pytest.mark.promise("NOT-1")
@pytest.mark.usefixtures("newer")
def test_account_with_an_address_gets_a_mail_and_any_other_an_app_notice(
    mila: User, vuk: User, mails: list[dict[str, Any]]
) -> None:
    run()
    assert [mail["Destination"]["ToAddresses"] for mail in mails] == [["mila@test.example"]]
    assert (channel(mila), channel(vuk)) == ("email", "in_app")
    for user in (mila, vuk):
        (shown,) = user.gets("/v1/announcements").json["items"]
        assert (shown["version"], shown["announced_at"]) == (NEWER.version, "2026-11-24T12:00:00Z")


@pytest.mark.promise("NOT-1", "NOT-4")
@pytest.mark.usefixtures("newer")
def test_mail_states_the_changes_their_date_and_the_sender(mila: User, mails: list[dict[str, Any]]) -> None:
    run()
    body = mails[0]["Content"]["Simple"]["Body"]
    for part in (body["Text"]["Data"], body["Html"]["Data"]):
        assert "2026-12-24" in part
        assert NEWER.changes in part
        assert NEWER.url in part
        assert "RU4M Ltd, Tosin bunar 272B, 11070 Belgrade" in part
        assert "privacy@test.example" in part
    assert mails[0]["FromEmailAddress"] == "RU4M <notices@test.example>"
    assert mails[0]["ReplyToAddresses"] == ["privacy@test.example"]


@pytest.mark.promise("USE-9")
@pytest.mark.usefixtures("newer")
def test_mail_contains_no_link_and_no_image_that_could_track_its_reader(
    mila: User, mails: list[dict[str, Any]]
) -> None:
    run()
    assert mails[0]["ConfigurationSetName"] == "ru4m-test"
    html = mails[0]["Content"]["Simple"]["Body"]["Html"]["Data"]
    assert not any(tag in html for tag in ("<img", "<a ", "<script", "<link", "<style", "src="))


@pytest.mark.promise("USE-5", "SEC-1")
@pytest.mark.usefixtures("vuk")
def test_mail_names_its_purpose_and_contains_no_personal_data_but_the_address(
    world: World, mails: list[dict[str, Any]]
) -> None:
    user = world.a_user(phone=world.canaries.add("phone", a_phone()), display_name=world.canaries("shown"))
    user.has_email(f"{world.canaries('address')}@test.example")
    publish(NEWER)
    run()
    (sent,) = mails
    assert {tag["Name"]: tag["Value"] for tag in sent["EmailTags"]}["purpose"] == "legal_obligation"
    assert world.canaries.in_text(str(sent)) == ["address"]
    assert user.account_id not in str(sent)
    assert user.user_id not in str(sent)
    assert world.canaries.in_tables() == []
    assert world.canaries.in_text(world.log.getvalue()) == []


@pytest.mark.parametrize(("locale", "words"), [("sr-Latn", "važi za Vas"), ("de", "applies to you")])
def test_mail_is_in_the_users_language_or_in_english(
    world: World,
    mails: list[dict[str, Any]],
    locale: str,
    words: str,
) -> None:
    phone = a_phone()
    body = {
        "phone": phone,
        "device": {"device_id": "8e03978e-40d5-43e8-bc93-6894a57f9324", "platform": "ios"},
    }
    started = world.call("POST", "/v1/signup", body={**body, "locale": locale})
    verified = world.verifies(started.json["challenge_id"], world.code_for(phone))
    User(world, phone, verified.json).has_email("ana@test.example")
    publish(NEWER)
    run()
    assert words in mails[0]["Content"]["Simple"]["Body"]["Text"]["Data"]


@pytest.mark.promise("NOT-1", "STR-4")
@pytest.mark.usefixtures("newer")
def test_chat_token_requires_acceptance_after_the_day_of_the_announced_terms(
    world: World, mila: User, vuk: User
) -> None:
    run()
    world.advance(NEWER.effective_at - world.now - timedelta(seconds=1))
    mila, vuk = world.a_user(mila.phone), world.a_user(vuk.phone)
    assert (mila.mints_a_chat_token().status, vuk.mints_a_chat_token().status) == (200, 200)
    world.advance(timedelta(seconds=1))
    for user in (mila, vuk):
        refused = user.mints_a_chat_token()
        assert (refused.problem, refused.json["missing"]) == ("terms_not_accepted", NEWER.version)
        assert user.calls("POST", f"/v1/notices/{NEWER.version}/acceptance").status == 204
        assert user.mints_a_chat_token().status == 200


@pytest.mark.promise("NOT-1")
@pytest.mark.usefixtures("newer")
def test_repeated_run_announces_nothing_again(
    world: World, mila: User, vuk: User, mails: list[dict[str, Any]]
) -> None:
    run()
    before = (stored_announcement(mila), stored_announcement(vuk))
    for _ in range(3):
        world.advance(DAY)
        run()
    assert len(mails) == 1
    assert (stored_announcement(mila), stored_announcement(vuk)) == before


@pytest.mark.usefixtures("newer")
def test_progress_of_an_announcement_counts_shards_by_version(mila: User) -> None:
    untouched = announcements.AnnouncementTotals(shards=1, begun=0, complete=0, waiting_for_mail=0)
    assert announcements.totals() == {NEWER.version: untouched}
    run()
    assert announcements.totals()[NEWER.version].begun == 1
    mila.world.advance(DAY + HOUR)
    run()
    assert announcements.totals()[NEWER.version].complete == 1


def test_user_who_accepted_before_gets_no_announcement(mila: User, mails: list[dict[str, Any]]) -> None:
    mila.calls("POST", f"/v1/notices/{NEWER.version}/acceptance")
    run()
    assert (mails, stored_announcement(mila)) == ([], None)


@pytest.mark.promise("NOT-1")
def test_account_whose_acceptance_is_unreadable_is_counted_and_delays_no_other(
    mila: User, vuk: User, counts: dict[Metric, int]
) -> None:
    publish(NEWER)
    mila.calls("POST", f"/v1/notices/{NEWER.version}/acceptance")
    damage(Table.ACCOUNTS, f"A#{mila.account_id}", f"acceptance#{NEWER.version}", accepted_at="?")
    run()
    assert (channel(mila), channel(vuk), counts[Metric.RECORD_UNREADABLE]) == (None, "in_app", 1)


@pytest.mark.usefixtures("mila", "vuk")
def test_replaced_version_is_not_announced(mila: User, mails: list[dict[str, Any]]) -> None:
    replaced, current = a_version("2026-10-01"), a_version("2026-11-01")
    publish(replaced, current)
    run()
    assert (stored_announcement(mila, replaced.version), channel(mila, current.version)) == (None, "email")
    assert len(mails) == 1


@pytest.mark.promise("NOT-1")
def test_restricted_account_gets_a_mail_and_a_frozen_one_an_app_notice(
    world: World, mila: User, mails: list[dict[str, Any]]
) -> None:
    ana = world.a_user()
    ana.has_email("ana@test.example")
    publish(NEWER)
    world.set_state(mila, "restricted")
    world.set_state(ana, "frozen")
    run()
    assert (channel(mila), channel(ana), len(mails)) == ("email", "in_app", 1)


@pytest.mark.promise("RGT-3")
def test_account_that_is_being_erased_gets_no_mail_and_no_announcement(
    world: World, mila: User, mails: list[dict[str, Any]]
) -> None:
    publish(NEWER)
    world.set_state(mila, "erasing")
    run()
    assert (stored_announcement(mila), mails) == (None, [])


@pytest.mark.promise("NOT-1")
def test_account_created_in_a_part_already_read_is_reached_by_the_second_round(
    world: World, mila: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = versions.PUBLISHED
    publish(NEWER)
    run()
    monkeypatch.setattr(versions, "PUBLISHED", before)  # a container that was not replaced yet
    late = world.a_user()
    publish(NEWER)
    world.advance(DAY - timedelta(seconds=1))
    run()
    assert stored_announcement(late) is None
    world.advance(timedelta(seconds=1))
    run()
    assert channel(late) == "in_app"


@pytest.mark.usefixtures("newer")
def test_deleted_account_that_is_still_in_the_index_is_skipped(
    mila: User, vuk: User, mails: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = accounts.live_accounts("00", None, 50)
    for item in [i for i in cloud.all_items() if i["pk"] == {"S": f"A#{mila.account_id}"} and "sk" in i]:
        key = {"pk": item["pk"], "sk": item["sk"]}
        aws.client("dynamodb").delete_item(TableName="ru4m-test-accounts", Key=key)
    monkeypatch.setattr(accounts, "live_accounts", lambda *_: listed)
    run()
    assert (mails, stored_announcement(mila), channel(vuk)) == ([], None, "in_app")


def refusal(code: str, status: int = 400) -> ClientError:
    answer: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "SendEmail")


@pytest.mark.promise("NOT-1")
@pytest.mark.usefixtures("newer")
def test_account_that_waited_three_days_for_mail_gets_an_app_notice(world: World, mila: User) -> None:
    with failing("sesv2", "SendEmail", refusal("SendingPausedException")):
        run()
        for _ in range(3 * 4 - 1):
            world.advance(6 * HOUR)
            run()
        assert channel(mila) is None
        world.advance(6 * HOUR)
        run()
    assert channel(mila) == "in_app"


@pytest.mark.promise("NOT-1")
@pytest.mark.usefixtures("newer")
@pytest.mark.parametrize(
    ("kind", "detail"),
    [("Bounce", {"bounceType": "Permanent"}), ("Bounce", {"bounceType": "Transient"}), ("Reject", {}),
     ("Complaint", {"complaintSubType": "OnAccountSuppressionList"})],
)  # fmt: skip
def test_bounced_mail_becomes_an_app_notice_dated_at_the_bounce(
    world: World, mila: User, mails: list[dict[str, Any]], kind: str, detail: dict[str, Any]
) -> None:
    run()
    world.advance(6 * DAY)
    note_bounces(report_of_mail(mails[0], kind, **detail), None)
    assert channel(mila) == "in_app"
    (shown,) = world.a_user(mila.phone).gets("/v1/announcements").json["items"]
    assert shown["announced_at"] == "2026-11-30T12:00:00Z"


@pytest.mark.promise("SEC-1")
@pytest.mark.usefixtures("vuk")
def test_bounced_address_is_in_no_log(world: World, mails: list[dict[str, Any]]) -> None:
    user = world.a_user()
    user.has_email(f"{world.canaries('address')}@test.example")
    publish(NEWER)
    run()
    with failing("dynamodb", "GetItem", RuntimeError("x")), pytest.raises(RuntimeError):
        note_bounces(report_of_mail(mails[0]), None)
    assert world.canaries.in_text(world.log.getvalue()) == []


class Killed(BaseException):
    """The process ends; no code under test catches this."""


def kill_once_an_account_is_recorded(**_: Any) -> None:
    if any("after" in progress for progress in cloud.records("announcement_progress")):
        raise Killed


@pytest.mark.promise("NOT-1")
def test_account_that_kills_every_worker_does_not_delay_another_shard(
    world: World, monkeypatch: pytest.MonkeyPatch, gauges: dict[Metric, int]
) -> None:
    for module in (accounts, accounts_store):
        monkeypatch.setattr(module, "SHARDS", ("00", "01"))
    by_shard: dict[str, User] = {}
    while len(by_shard) < 2:
        user = world.a_user()
        by_shard[accounts_store.shard_of(AccountId(user.account_id))] = user
    publish(NEWER)

    def kill_for_the_first_account(campaign: Any, letter: Any, recipient: NoticeRecipient, *rest: Any) -> Any:
        if recipient.account_id == by_shard["00"].account_id:
            raise Killed
        return notify(campaign, letter, recipient, *rest)

    monkeypatch.setattr(campaign_run, "notify", kill_for_the_first_account)
    for _ in range(3):
        send()
        for body in cloud.take_messages("announcements"):
            with suppress(Killed):
                deliver(body)
        world.advance(timedelta(minutes=10))
    assert (channel(by_shard["00"]), channel(by_shard["01"])) == (None, "in_app")
    assert send()["abandoned"] == gauges[Metric.NOTICE_SHARDS_ABANDONED] == 1  # an alarm fires if it lasts
    monkeypatch.setattr(campaign_run, "notify", notify)
    run()
    assert channel(by_shard["00"]) == "in_app"
    assert send()["abandoned"] == 0


@pytest.mark.usefixtures("newer")
def test_finished_progress_is_stored_while_its_version_is_the_newest(world: World, mila: User) -> None:
    run()
    world.advance(DAY)
    run()
    for _ in range(10):
        world.advance(3 * DAY)
        # No account is read.
        assert calls_of_a_run() == {
            "dynamodb.BatchGetItem": 2,
            "dynamodb.PutItem": 1,
            "sqs.SendMessageBatch": 1,
        }


@pytest.mark.promise("RET-1")
@pytest.mark.usefixtures("newer", "mila", "vuk")
def test_progress_of_a_run_that_is_not_continued_expires_within_a_week(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(campaign_run, "MAX_ACCOUNTS_PER_PAGE", 1)
    with (
        hooked("dynamodb", "after-call.dynamodb.PutItem", kill_once_an_account_is_recorded),
        pytest.raises(Killed),
    ):
        run()
    (progress,) = cloud.records("announcement_progress")
    assert "after" in progress
    assert int(progress["delete_at"]["N"]) == int((world.now + 7 * DAY).timestamp())


@pytest.mark.promise("NOT-1")
def test_every_account_of_every_shard_is_reached(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    users = [world.a_user() for _ in range(12)]
    publish(NEWER)
    run()
    assert {channel(user) for user in users} == {"in_app"}
    assert len({item["shard"]["S"] for item in cloud.records("announcement_progress")}) == 64


def calls_of_a_run() -> Calls:
    with counted() as calls:
        run()
    return calls


@pytest.mark.usefixtures("newer")
def test_run_after_all_shards_are_finished_costs_one_read(mila: User) -> None:
    run()
    assert calls_of_a_run() == {"dynamodb.BatchGetItem": 1}


# --- the queue


def send() -> dict[str, int]:
    """Run the schedule and leave its messages in the queue."""
    return cast("dict[str, int]", announce_notices(a_schedule_event(), Context()))


def message(shard: str = "00", version: str = NEWER.version) -> str:
    return json.dumps({"version": version, "shard": shard})


def deliver(*bodies: str) -> Any:
    return announce_to_shard(messages(*bodies), Context(300))


@pytest.mark.promise("SEC-1")
def test_schedule_sends_one_message_per_shard_without_an_id(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    publish(NEWER)
    assert send() == {"due": 64, "abandoned": 0}
    bodies = [json.loads(body) for body in cloud.take_messages("announcements")]
    assert [body.pop("shard") for body in bodies] == list(accounts.SHARDS)
    assert bodies == [{"version": NEWER.version}] * 64


@pytest.mark.promise("NOT-1")
@pytest.mark.usefixtures("newer")
def test_lost_message_about_a_shard_is_sent_again(world: World, mila: User) -> None:
    send()
    cloud.take_messages("announcements")
    world.advance(timedelta(minutes=5))
    run()
    assert channel(mila) == "email"


@pytest.mark.promise("NOT-1")
@pytest.mark.usefixtures("newer")
def test_duplicate_or_late_message_announces_nothing_again(
    world: World, mila: User, mails: list[dict[str, Any]]
) -> None:
    for _ in range(3):
        assert deliver(message(), message()) == {"batchItemFailures": []}
        world.advance(HOUR)
    assert (channel(mila), len(mails)) == ("email", 1)
    assert [progress["rounds"] for progress in cloud.records("announcement_progress")] == [{"N": "1"}]


@pytest.mark.usefixtures("newer", "mila")
@pytest.mark.parametrize(
    "body",
    [
        *("x", "[]", "{}", "null", '"00"'),
        '{"shard":"00"}',
        '{"shard":"00","version":"terms-2026-12-24","more":"x"}',
    ],
)
def test_message_without_version_and_shard_is_set_aside(body: str) -> None:
    assert deliver(body) == {"batchItemFailures": []}
    assert cloud.take_messages("dead") == [body]


@pytest.mark.usefixtures("newer", "mila")
@pytest.mark.parametrize(
    "body",
    [
        '{"shard":0,"version":"terms-2026-12-24"}',
        '{"shard":"64","version":"terms-2026-12-24"}',
        '{"shard":"00","version":"terms-2000-01-01"}',  # replaced, or of a deployment that was taken back
    ],
)
def test_message_about_no_announced_version_or_shard_is_dropped(body: str) -> None:
    with counted() as calls:
        assert deliver(body) == {"batchItemFailures": []}
    assert calls == {}


@pytest.mark.promise("NOT-1")
@pytest.mark.usefixtures("newer")
def test_only_the_message_whose_shard_is_unreachable_is_redelivered(
    world: World, mila: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accounts, "SHARDS", ("00", "01"))
    outage = EndpointConnectionError(endpoint_url="https://dynamodb")
    with failing("dynamodb", "BatchGetItem", outage, touching=f"{NEWER.version}#01"):
        answer = deliver(message("01"), message("00"))
    assert answer == {"batchItemFailures": [{"itemIdentifier": "message-0"}]}
    assert channel(mila) == "email"
    assert deliver(message("01")) == {"batchItemFailures": []}


@pytest.mark.promise("NOT-1")
@pytest.mark.usefixtures("newer")
def test_schedule_fails_without_a_queue_and_the_next_run_sends(mila: User) -> None:
    outage = EndpointConnectionError(endpoint_url="https://sqs")
    with failing("sqs", "SendMessageBatch", outage), pytest.raises(EntryFailed):
        send()
    run()
    assert channel(mila) == "email"


@pytest.mark.usefixtures("vuk")
def test_all_workers_together_keep_the_rate_of_mails(
    world: World,
    mila: User,
    mails: list[dict[str, Any]],
    pauses: list[timedelta],
) -> None:
    configure(FANOUT_ANNOUNCING_WORKERS="6", FANOUT_MAILS_PER_SECOND="12")
    for name in ("ana", "iva"):
        world.a_user().has_email(f"{name}@test.example")
    publish(NEWER)
    run()
    # Three mails of one worker take 1.5 seconds: with six workers, 18 mails in 1.5 seconds.
    assert (len(mails), pauses) == (3, [timedelta(seconds=0.5)] * 3)


@pytest.mark.usefixtures("newer", "vuk")
def test_accounts_without_an_address_do_not_wait_for_the_pace(mila: User, pauses: list[timedelta]) -> None:
    run()
    assert pauses == [settings().fan_out.mail_interval]  # of one mail; the other account has no address
