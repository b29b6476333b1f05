"""Retention periods: calendar lengths, configured within bounds, described in words."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core import periods
from chalicelib.core.durations import Duration, Unit
from chalicelib.core.settings import SettingsError, read
from chalicelib.privacy.periods import After, Period
from tests.support.clouds import environment


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("since", "length", "end"),
    [
        ("2026-11-24T12:00:00", "PT48H", "2026-11-26T12:00:00"),
        ("2026-11-24T12:00:00", "P30D", "2026-12-24T12:00:00"),
        ("2026-11-24T12:00:00", "P3Y", "2029-11-24T12:00:00"),
        ("2026-12-31T23:59:59", "P1M", "2027-01-31T23:59:59"),
        ("2026-10-31T12:00:00", "P1M", "2026-11-30T12:00:00"),
        ("2028-02-29T12:00:00", "P3Y", "2031-02-28T12:00:00"),
        ("2028-02-29T12:00:00", "P4Y", "2032-02-29T12:00:00"),
        ("2028-01-31T12:00:00", "P1M", "2028-02-29T12:00:00"),
    ],
)
def test_months_and_years_end_on_the_same_day_or_the_last_of_the_month(
    since: str, length: str, end: str
) -> None:
    assert at(since) + Duration.parse(length) == at(end)


def test_equal_instants_end_a_period_at_the_same_time_in_any_zone() -> None:
    belgrade = timezone(timedelta(hours=1))
    new_years_eve = at("2026-12-31T23:30:00").astimezone(belgrade)
    march = at("2027-02-28T23:30:00").astimezone(belgrade)
    assert march + Duration.parse("P1M") == at("2027-03-28T23:30:00")
    assert Period.BILLING.ends(new_years_eve) == at("2037-01-01")


DURATIONS = st.builds(Duration, st.integers(1, 9999), st.sampled_from(Unit))


@given(DURATIONS)
def test_duration_is_parsed_from_its_text(duration: Duration) -> None:
    assert Duration.parse(str(duration)) == duration


@pytest.mark.parametrize(
    "text",
    ["", "P", "30D", "P0D", "P-3D", "P1.5D", "P1Y6M", "PT3M", "P3H", "P30d", "P30D ", "P99999D", "P٣D"],
)
def test_text_other_than_a_duration_of_one_unit_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not an ISO 8601 duration"):
        Duration.parse(text)


@pytest.mark.parametrize(
    ("length", "words"), [("PT48H", "48 hours"), ("P1D", "1 day"), ("P60D", "60 days"), ("P10Y", "10 years")]
)
def test_duration_is_described_in_plain_english(length: str, words: str) -> None:
    assert Duration.parse(length).plainly == words


# Python's calendar ends with the year 9999.
COMPARABLE = DURATIONS.filter(lambda one: one.unit is not Unit.YEAR or one.count < 8_000)


@given(COMPARABLE, COMPARABLE)
def test_one_of_two_durations_is_the_shorter_one(one: Duration, other: Duration) -> None:
    assert (one < other) is not (other <= one)
    assert min(one, other) <= max(one, other)


def test_every_period_is_configurable_and_its_default_is_within_its_bounds() -> None:
    assert {period.name.lower() for period in Period} == periods.PERIODS.keys()
    for period in Period:
        assert period.bounds.minimum <= period.bounds.default <= period.bounds.maximum


@pytest.mark.promise("RET-1")
def test_default_periods_equal_those_of_the_privacy_policy() -> None:
    assert {period.name: str(period.bounds.default) for period in Period} == {
        "CHALLENGE": "PT48H",
        "LIMIT": "P7D",
        "CODE_COUNT": "P3D",
        "CODE_HISTORY": "P7D",
        "ANNOUNCING": "P7D",
        "JOB": "P7D",
        "STREAM_CHECK": "P120D",
        "STREAM_HOOK": "PT48H",
        "STREAM_CASE": "P1Y",
        "SUPPORT_MESSAGE": "P1Y",
        "ABUSE_REPORT": "P90D",
        "BARRED_NUMBER": "P365D",
        "MAIL_RETURN": "P7D",
        "IDLE_SESSION": "P60D",
        "KNOWN_DEVICE": "P90D",
        "CONTACT_CODE": "P7D",
        "RESTORABLE": "P36D",
        "INVITATION": "P30D",
        "QUARANTINE": "P30D",
        "SUPPRESSION": "P24M",
        "ERASURE_INPUTS": "P7D",
        "USAGE": "P30D",
        "USAGE_COUNT": "P1D",
        "PUSH_TOKEN": "P60D",
        "PUSH_COUNT": "PT1H",
        "PUSH_PROOF": "PT1H",
        "CALL_RECORD": "P30D",
        "SECURITY_LOG": "P90D",
        "RIGHTS_EVIDENCE": "P3Y",
        "DISCLOSURE": "P5Y",
        "HOLD": "P5Y",
        "BREACH": "P5Y",
        "AUDIT": "P2Y",
        "STAFF_REGISTER": "P9Y",
        "CHAT_MESSAGES": "P30D",
        "EXPORT": "P5D",
        "IDENTITY_PAPERS": "P7D",
        "CONSENT_EVIDENCE": "P5Y",
        "BILLING": "P10Y",
    }


def configured(text: str) -> dict[str, Duration]:
    return dict(read({**environment.variables(), "RU4M_PERIODS": text}).periods)


def test_period_that_is_not_configured_has_its_default() -> None:
    lengths = configured("usage=P14D, idle_session=P30D")
    assert (str(lengths["usage"]), str(lengths["idle_session"])) == ("P14D", "P30D")
    assert lengths["billing"] == periods.PERIODS["billing"].default


@pytest.mark.parametrize("text", ["", "defaults"])
def test_empty_configuration_leaves_all_periods_at_their_defaults(text: str) -> None:
    assert configured(text) == {name: bounds.default for name, bounds in periods.PERIODS.items()}


@pytest.mark.promise("RET-1")
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("usage=P91D", "usage has to be between P7D and P90D"),
        ("usage=P6D", "usage has to be between P7D and P90D"),
        ("limit=P2D", "limit has to be between P7D and P7D"),
        ("billing=P9Y", "billing has to be between P10Y and P15Y"),
        ("staff_register=P8Y", "staff_register has to be between P9Y and P15Y"),
        ("rights_evidence=P73M", "staff_register has to be at least three years longer than rights_evidence"),
        ("disclosure=P7Y", "staff_register has to be at least three years longer than disclosure"),
        ("usage=s3cret", "usage is not an ISO 8601 duration"),
        ("usage", "usage is not an ISO 8601 duration"),
        ("s3cret=P14D", "list known periods, each at most once"),
        ("usage=P14D,usage=P15D", "list known periods, each at most once"),
        ("usage=P14D,", "list known periods, each at most once"),
    ],
)
def test_unknown_malformed_or_out_of_bounds_period_refuses_the_start(text: str, reason: str) -> None:
    with pytest.raises(SettingsError, match=f"RU4M_PERIODS is refused: .*{reason}") as refused:
        configured(text)
    assert "s3cret" not in str(refused.value)


@pytest.fixture
def shorter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Configure a stage whose sessions expire after one month without use."""
    stage = read({**environment.variables(), "RU4M_PERIODS": "idle_session=P1M"})
    monkeypatch.setattr("chalicelib.privacy.periods.settings", lambda: stage)


@pytest.mark.promise("RET-1")
@pytest.mark.usefixtures("shorter")
def test_configured_period_applies_and_is_described() -> None:
    kept = After(Period.IDLE_SESSION, since="last_used_at")
    assert kept.period.ends(at("2027-01-31T12:00:00")) == at("2027-02-28T12:00:00")
    assert (kept.plainly, kept.duration) == ("1 month after the device was last used", "P1M")


def test_period_is_described_with_its_length() -> None:
    assert Period.IDLE_SESSION.plainly == "60 days after the device was last used"
    assert Period.BILLING.plainly == "10 years after the end of the year of the invoice"


@pytest.mark.parametrize(
    ("invoiced", "until"),
    [
        ("2026-01-01T00:00:00", "2037-01-01"),
        ("2026-12-31T23:59:59", "2037-01-01"),
        ("2027-01-01T00:00:00", "2038-01-01"),
    ],
)
def test_billing_is_counted_from_the_end_of_the_year(invoiced: str, until: str) -> None:
    assert Period.BILLING.ends(at(invoiced)) == at(until)


@given(st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1)), st.sampled_from(Period))  # noqa: DTZ001
def test_period_never_ends_before_it_begins_or_after_its_maximum(since: datetime, period: Period) -> None:
    begin = since.replace(tzinfo=UTC)
    end = period.ends(begin)
    assert begin < end <= begin + timedelta(days=366) + period.bounds.maximum
