"""Tests announcing on the deployed cloud: by mail and in the app, until acceptance is due."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.consents.notices.model import Notice, NoticeKind, NoticeVersion
from chalicelib.core import clock
from infra.local.cloud import LocalCloud
from infra.local.tour.phone import Phone, codes_in
from infra.local.waiting import until

ADDRESS = "mila@inbox.local.ru4m.example"
TABLE = "ru4m-local-accounts"


@pytest.fixture
def version() -> Notice:
    """Return a version that is in effect; announced late, it applies to no account yet."""
    day = clock.now().replace(hour=0, minute=0, second=0) - timedelta(days=1)
    return Notice(
        kind=NoticeKind.TERMS,
        version=NoticeVersion(f"terms-{day:%Y-%m-%d}"),
        published_at=day - timedelta(days=30),
        effective_at=day,
        url="https://ru4m.com/terms/next",
        changes="Meetings may be recorded while everybody agrees.",
    )


def a_phone(cloud: LocalCloud, number: str) -> Phone:
    phone = Phone(cloud.state.api_url, number, cloud.texts_to)
    phone.sign_up()
    return phone


def verify_email(cloud: LocalCloud, phone: Phone, address: str) -> None:
    challenge = phone.ask_for_email(address).body["challenge_id"]
    code = codes_in(cloud.mails_to(address))[-1]
    assert phone.give_mailed_code(challenge, code).status == 200


def announcement(cloud: LocalCloud, phone: Phone, notice: Notice) -> dict[str, str]:
    item = cloud.account.client("dynamodb").get_item(TableName=TABLE, Key=key_of(phone, notice))["Item"]
    return {name: value["S"] for name, value in item.items()}


def key_of(phone: Phone, notice: Notice) -> dict[str, Any]:
    return {
        "pk": {"S": f"A#{phone.account_id}"},
        "sk": {"S": f"account_notice#announcement#{notice.version}"},
    }


def date_announcement_two_weeks_back(cloud: LocalCloud, phone: Phone, notice: Notice) -> None:
    at = clock.to_text(clock.now() - timedelta(days=14))
    cloud.account.client("dynamodb").update_item(
        TableName=TABLE,
        Key=key_of(phone, notice),
        UpdateExpression="SET announced_at = :at",
        ExpressionAttributeValues={":at": {"S": at}},
    )


def report_bounce(cloud: LocalCloud, mail_id: str) -> None:
    """Publish an event of SES, since the emulator publishes none."""
    report = {"eventType": "Bounce", "mail": {"tags": {"mail_id": [mail_id]}}, "bounce": {}}
    topics = cloud.account.client("sns")
    (topic,) = [t["TopicArn"] for t in topics.list_topics()["Topics"] if "mail-reports" in t["TopicArn"]]
    topics.publish(
        TopicArn=topic,
        Subject="Amazon SES Email Event Notification",
        Message=json.dumps(report),
        # AWS sends the field even if it has no attributes; the emulator omits it then.
        MessageAttributes={"any": {"DataType": "String", "StringValue": "any"}},
    )


@pytest.mark.proof
@pytest.mark.promise("NOT-1", "STR-4", "USE-9")
def test_version_is_announced_to_all_accounts_and_its_acceptance_becomes_due(
    own_cloud: LocalCloud, numbers: Iterator[str], version: Notice
) -> None:
    mila, vuk = a_phone(own_cloud, next(numbers)), a_phone(own_cloud, next(numbers))
    verify_email(own_cloud, mila, ADDRESS)
    assert mila.call("GET", "/v1/profile").body["email"] == ADDRESS

    own_cloud.announce(version)
    _with_the_code, mail = own_cloud.mails_to(ADDRESS)
    assert version.changes in str(mail)
    assert announcement(own_cloud, mila, version)["channel"] == "email"
    assert announcement(own_cloud, vuk, version)["channel"] == "in_app"

    own_cloud.run("announce_notices")
    assert len(own_cloud.mails_to(ADDRESS)) == 2
    for phone in (mila, vuk):
        (shown,) = phone.call("GET", "/v1/announcements").body["items"]
        assert (shown["version"], shown["accepted"]) == (version.version, False)
        assert phone.chat_token()  # announced today, so not in effect yet
        date_announcement_two_weeks_back(own_cloud, phone, version)
        refused = phone.call("POST", "/v1/chat/token")
        assert (refused.problem, refused.body["missing"]) == ("terms_not_accepted", version.version)
        assert phone.call("POST", f"/v1/notices/{version.version}/acceptance").status == 204
        assert phone.chat_token()

    report_bounce(own_cloud, announcement(own_cloud, mila, version)["mail_id"])
    until(lambda: announcement(own_cloud, mila, version)["channel"] == "in_app", "the bounce to be noted")
    assert ADDRESS not in "\n".join(own_cloud.log_lines())
