"""A text message is sent for a registered purpose only, and each outcome has an error of its own."""

from typing import Any

import pytest
from botocore.exceptions import (
    ConnectionClosedError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
    ReadTimeoutError,
)

from chalicelib.core import aws, egress
from chalicelib.core.settings import SettingsError, settings
from chalicelib.messages import sms
from chalicelib.messages.sms import TextInDoubt, TextMessage, TextNotSent, TextRefused, TextUnavailable
from chalicelib.privacy.purposes import LegalBasis, Purpose, permits
from chalicelib.privacy.recipients import Recipient
from tests.support.faults.outages import refusal
from tests.support.world.limits import configure

NUMBER = "+381601234567"
A_TEXT = TextMessage(NUMBER, "A canary of a text")


class Sns:
    """A client of SNS that records its requests, and may fail."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.error: Exception | None = None

    def publish(self, **request: Any) -> None:
        self.asked.append(request)
        if self.error:
            raise self.error


@pytest.fixture
def sns(monkeypatch: pytest.MonkeyPatch) -> Sns:
    client = Sns()
    monkeypatch.setattr(aws, "client", lambda _: client)
    return client


def test_text_message_goes_to_its_number_once(sns: Sns) -> None:
    sms.send(A_TEXT, Purpose.LEGAL_OBLIGATION)
    (asked,) = sns.asked
    assert (asked["PhoneNumber"], asked["Message"]) == (NUMBER, A_TEXT.text)


@pytest.mark.parametrize(
    ("number", "sender"),
    [
        ("+381601234567", {"AWS.SNS.SMS.SenderID": "RU4M"}),
        ("+34612345678", {"AWS.MM.SMS.OriginationNumber": "+34600000000"}),
        ("+32470123456", {"AWS.MM.SMS.OriginationNumber": "8850"}),
        ("+41791234567", {}),
        ("+99", {}),
    ],
    ids=["id", "number", "short code", "none", "no country"],
)
def test_text_message_has_the_sender_of_its_country(sns: Sns, number: str, sender: dict[str, str]) -> None:
    configure(SMS_SENDERS="RU4M:RSDE,+34600000000:ES,8850:BE")
    sms.send(TextMessage(number, "A text"), Purpose.AUTHENTICATION)
    (asked,) = sns.asked
    given = {name: one["StringValue"] for name, one in asked["MessageAttributes"].items()}
    assert given == {"AWS.SNS.SMS.SMSType": "Transactional", **sender}
    settings.cache_clear()


@pytest.mark.parametrize("listed", ["RU4M", "RU4M:", "RU4M:R", "RU4M:RS;DE", "123:RS", "RU4M:RS,"])
def test_malformed_list_of_senders_refuses_the_start(listed: str) -> None:
    configure(SMS_SENDERS=listed)
    with pytest.raises(SettingsError, match="RU4M_SMS_SENDERS is refused"):
        settings()
    settings.cache_clear()


@pytest.mark.promise("USE-5")
def test_text_message_for_any_other_purpose_is_refused(sns: Sns) -> None:
    for purpose in set(Purpose) - {Purpose.AUTHENTICATION, Purpose.LEGAL_OBLIGATION}:
        with pytest.raises(egress.NotOnRegister):
            sms.send(A_TEXT, purpose)
    assert sns.asked == []


@pytest.mark.promise("USE-5")
def test_registered_purposes_need_no_consent_and_outlast_a_restriction() -> None:
    class Restricted:
        consented: dict[Purpose, Any] = {}  # noqa: RUF012 - as `Choices` types it
        objected = restricted = frozenset(Purpose) - {Purpose.AUTHENTICATION, Purpose.LEGAL_OBLIGATION}
        wholly_restricted = True

    for purpose in Recipient.SMS_CARRIERS.entry.purposes:
        assert purpose.basis is not LegalBasis.CONSENT
        assert permits(Restricted(), purpose)


@pytest.mark.promise("SEC-1")
@pytest.mark.parametrize(
    ("error", "meaning"),
    [
        (refusal("InvalidParameter", text=NUMBER), TextRefused),
        (refusal("InvalidParameterValue", text=NUMBER), TextRefused),
        (ParamValidationError(report=NUMBER), TextRefused),
        (refusal("AuthorizationError", 403), TextUnavailable),
        (refusal("Throttling", 429), TextUnavailable),
        (EndpointConnectionError(endpoint_url="https://sns"), TextUnavailable),
        (NoCredentialsError(), TextUnavailable),
        (refusal("InternalError", 500), TextInDoubt),
        (ConnectionClosedError(endpoint_url="https://sns"), TextInDoubt),
        (ReadTimeoutError(endpoint_url="https://sns"), TextInDoubt),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_error_of_a_text_message_names_its_outcome_and_quotes_nothing_of_sns(
    sns: Sns, error: Exception, meaning: type[TextNotSent]
) -> None:
    sns.error = error
    with pytest.raises(meaning) as found:
        sms.send(A_TEXT, Purpose.LEGAL_OBLIGATION)
    assert (str(found.value), found.value.__cause__) == ("", None)
    assert found.value.__suppress_context__


@pytest.mark.promise("SEC-1")
def test_representation_of_a_text_message_hides_number_and_text() -> None:
    assert repr(A_TEXT) == "TextMessage()"
