"""Tests instants: they are unchanged by formatting and parsing, and are never without a zone."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from chalicelib.core import clock
from chalicelib.core.clock import Instant

SECONDS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)).map(  # noqa: DTZ001
    lambda instant: instant.replace(microsecond=0)
)


@given(SECONDS)
def test_instant_is_unchanged_after_formatting_and_parsing(instant: datetime) -> None:
    adapter = TypeAdapter(Instant)
    assert clock.from_epoch(clock.to_epoch(instant)) == instant
    assert adapter.validate_json(adapter.dump_json(instant)) == instant


@given(SECONDS, SECONDS)
def test_texts_of_instants_sort_like_the_instants(one: datetime, other: datetime) -> None:
    assert (clock.to_text(one) < clock.to_text(other)) == (one < other)


def test_instant_is_shown_in_utc_with_z() -> None:
    belgrade = timezone(timedelta(hours=1))
    assert clock.to_text(datetime(2026, 1, 1, 0, 30, tzinfo=belgrade)) == "2025-12-31T23:30:00Z"


def test_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Instant).validate_python("2026-01-01T00:00:00")
