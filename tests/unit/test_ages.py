"""Tests the age from which a subject consents alone."""

from datetime import date

import pytest
import time_machine

from chalicelib.consents import ages
from chalicelib.core.countries import EEA, PARTS_OF_STATES


def test_each_country_of_the_eea_has_an_age_that_the_gdpr_allows_and_its_source() -> None:
    assert ages.THRESHOLDS.keys() == EEA - PARTS_OF_STATES.keys() | {"GB", "RS"}
    assert {years for years, _ in ages.THRESHOLDS.values()} == {13, 14, 15, 16}
    own = [country for country, (_, source) in ages.THRESHOLDS.items() if source != "Art. 8(1) GDPR"]
    assert all(ages.THRESHOLDS[one][0] == 16 for one in ages.THRESHOLDS.keys() - {*own})
    assert sorted(set(ages.THRESHOLDS) - {*own}) == ["DE", "HU", "LI", "LU", "PL", "RO"]


@pytest.mark.promise("RGT-7")
@pytest.mark.parametrize(
    ("country", "phone", "years"),
    [
        ("RS", "+4366412345678", 15),
        ("AT", "+381601234567", 14),
        ("RE", None, 15),
        ("US", "+381601234567", 16),
        (None, "+381601234567", 15),
        (None, "+4366412345678", 14),
        (None, "+38344123456", 16),
        (None, None, 16),
    ],
    ids=["declared", "over the number", "a part", "no rule", "Serbian", "Austrian", "Kosovo", "unknown"],
)
def test_threshold_is_that_of_the_declared_country_else_of_the_number(
    country: str | None, phone: str | None, years: int
) -> None:
    assert ages.threshold(country, phone) == years


@pytest.mark.promise("RGT-7")
@pytest.mark.parametrize(
    ("born", "today", "below"),
    [
        (date(2012, 3, 1), "2027-02-28", True),
        (date(2012, 3, 1), "2027-03-01", False),
        (date(2012, 2, 29), "2027-02-28", True),
        (date(2012, 2, 29), "2027-03-01", False),
        (date(2013, 2, 28), "2028-02-28", False),
        (date(2013, 3, 1), "2028-02-29", True),
        (None, "2027-03-01", False),
    ],
    ids=str,
)
def test_age_is_reached_on_the_birthday(born: date | None, today: str, *, below: bool) -> None:
    with time_machine.travel(f"{today}T12:00:00Z", tick=False):
        assert ages.is_below(born, 15) is below
