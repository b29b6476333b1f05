"""A mail is sent for a permitted purpose only, and each outcome has an error of its own."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
    ReadTimeoutError,
    SSLError,
)

from chalicelib.core import aws, egress, metrics
from chalicelib.core.ids import MailId
from chalicelib.core.metrics import Metric
from chalicelib.messages import mail
from chalicelib.messages.mail import (
    Mail,
    MailInDoubt,
    MailNotSent,
    MailRefused,
    MailUnavailable,
    NotPermitted,
)
from chalicelib.privacy.purposes import Category, Purpose
from tests.support.faults import outages
from tests.support.faults.outages import refused_sender
from tests.support.world.world import NOON

ADDRESS = "canary-of-an-address@test.example"
A_MAIL = Mail(MailId.new(), ADDRESS, "en", "About <you>", ("One & two.", "<b>Three</b>"))


@dataclass(frozen=True)
class Decided:
    consented: Mapping[Purpose, datetime] = field(default_factory=dict)
    objected: AbstractSet[Purpose] = field(default_factory=frozenset)
    restricted: AbstractSet[Purpose] = field(default_factory=frozenset)
    wholly_restricted: bool = False


class Ses:
    """A client of SES that records its requests, and may fail."""

    def __init__(self, error: Exception | None = None) -> None:
        self.asked: list[dict[str, Any]] = []
        self.error = error

    def send_email(self, **request: Any) -> None:
        self.asked.append(request)
        if self.error:
            raise self.error


@pytest.fixture
def ses(monkeypatch: pytest.MonkeyPatch) -> Ses:
    client = Ses()
    monkeypatch.setattr(aws, "client", lambda _: client)
    return client


@pytest.mark.promise("USE-5")
@pytest.mark.parametrize(
    "choices",
    [
        None,
        Decided(),
        Decided(consented={Purpose.MARKETING: NOON}),
        Decided(consented={Purpose.MARKETING: NOON}, objected={Purpose.MARKETING}),
        Decided(consented={Purpose.MARKETING: NOON}, wholly_restricted=True),
    ],
    ids=["nothing decided", "no consent", "consent", "objected", "restricted"],
)
def test_marketing_is_no_service_message_whatever_was_decided(ses: Ses, choices: Decided | None) -> None:
    with pytest.raises(NotPermitted):
        mail.send(A_MAIL, Purpose.MARKETING, choices)
    assert ses.asked == []


@pytest.mark.promise("USE-5", "RGT-4")
def test_mail_required_by_law_is_sent_despite_any_decision(ses: Ses) -> None:
    mail.send(A_MAIL, Purpose.LEGAL_OBLIGATION, Decided(wholly_restricted=True))
    assert len(ses.asked) == 1


@pytest.mark.promise("SEC-2")
@pytest.mark.parametrize(
    ("purpose", "more"),
    [(Purpose.DIAGNOSTICS, set()), (Purpose.LEGAL_OBLIGATION, {Category.DATE_OF_BIRTH})],
    ids=["purpose", "category"],
)
def test_purpose_or_category_not_registered_for_mail_is_refused(
    ses: Ses, purpose: Purpose, more: set[Category]
) -> None:
    with pytest.raises(egress.NotOnRegister):
        mail.send(replace(A_MAIL, discloses=A_MAIL.discloses | more), purpose, None)
    assert ses.asked == []


def refusal(code: str, status: int = 400) -> ClientError:
    error: Any = {"Error": {"Code": code, "Message": ADDRESS}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(error, "SendEmail")


def rejected(text: str) -> ClientError:
    return outages.refusal("MessageRejected", text=text)


@pytest.mark.promise("SEC-1")
@pytest.mark.parametrize(
    ("error", "meaning"),
    [
        (refusal("MessageRejected"), MailRefused),
        (refusal("BadRequestException"), MailRefused),
        (ParamValidationError(report=ADDRESS), MailRefused),
        (refusal("TooManyRequestsException", 429), MailUnavailable),
        *((error, MailUnavailable) for error in refused_sender(ADDRESS)),
        (refusal("AccessDeniedException", 403), MailUnavailable),
        (EndpointConnectionError(endpoint_url="https://ses"), MailUnavailable),
        (ConnectTimeoutError(endpoint_url="https://ses"), MailUnavailable),
        (SSLError(endpoint_url="https://ses", error=ADDRESS), MailUnavailable),
        (NoCredentialsError(), MailUnavailable),
        (CredentialRetrievalError(provider="role", error_msg=ADDRESS), MailUnavailable),
        (refusal("InternalFailure", 500), MailInDoubt),
        (refusal("ServiceUnavailable", 503), MailInDoubt),
        (ConnectionClosedError(endpoint_url="https://ses"), MailInDoubt),
        (ReadTimeoutError(endpoint_url="https://ses"), MailInDoubt),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_error_of_a_mail_names_its_outcome_and_quotes_nothing_of_ses(
    ses: Ses, error: Exception, meaning: type[MailNotSent]
) -> None:
    ses.error = error
    with pytest.raises(meaning) as found:
        mail.send(A_MAIL, Purpose.LEGAL_OBLIGATION, None)
    assert (str(found.value), found.value.__cause__) == ("", None)
    assert found.value.__suppress_context__


@pytest.mark.parametrize(
    ("error", "alarms"),
    [
        *((error, 1) for error in refused_sender()),
        (refusal("AccessDeniedException", 403), 1),
        (rejected("Address blacklisted."), 0),
        (rejected("The address not-verified@example.com does not exist."), 0),
        (refusal("BadRequestException"), 0),
        (refusal("TooManyRequestsException", 429), 0),
        (refusal("ThrottlingException"), 0),
        (refusal("LimitExceededException"), 0),
        (refusal("ServiceUnavailable", 503), 0),
        (EndpointConnectionError(endpoint_url="https://ses"), 0),
    ],
)
def test_alarm_is_raised_for_a_refused_sender_only(
    ses: Ses, monkeypatch: pytest.MonkeyPatch, error: Exception, alarms: int
) -> None:
    counted: list[Metric] = []
    monkeypatch.setattr(metrics, "count", counted.append)
    ses.error = error
    with pytest.raises(MailNotSent):
        mail.send(A_MAIL, Purpose.LEGAL_OBLIGATION, None)
    assert counted.count(Metric.MAIL_SENDER_REFUSED) == alarms


def test_text_of_a_mail_stays_text_in_the_html_part(ses: Ses) -> None:
    mail.send(A_MAIL, Purpose.LEGAL_OBLIGATION, None)
    body = ses.asked[0]["Content"]["Simple"]["Body"]
    assert "<p>One &amp; two.</p><p>&lt;b&gt;Three&lt;/b&gt;</p>" in body["Html"]["Data"]
    assert body["Text"]["Data"].startswith("One & two.\n\n<b>Three</b>\n\n-- \n")


def test_link_of_a_mail_is_shown_in_full_in_both_parts(ses: Ses) -> None:
    mail.send(replace(A_MAIL, link="https://ru4m.example/a?b=1&c#2"), Purpose.LEGAL_OBLIGATION, None)
    body = ses.asked[0]["Content"]["Simple"]["Body"]
    shown = "https://ru4m.example/a?b=1&amp;c#2"
    assert f'<p><a href="{shown}">{shown}</a></p>' in body["Html"]["Data"]
    assert "\n\nhttps://ru4m.example/a?b=1&c#2\n\n-- \n" in body["Text"]["Data"]


def test_mail_without_a_link_has_none(ses: Ses) -> None:
    mail.send(A_MAIL, Purpose.LEGAL_OBLIGATION, None)
    assert "<a " not in ses.asked[0]["Content"]["Simple"]["Body"]["Html"]["Data"]


@pytest.mark.promise("SEC-1")
def test_representation_of_a_mail_hides_its_address() -> None:
    assert ADDRESS not in repr(A_MAIL)
