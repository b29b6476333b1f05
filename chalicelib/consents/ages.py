"""From which age a subject consents alone, by country, and whether a subject has reached it.

The threshold is that of the country that the subject declared, else of the country of the number. Without a
rule of the country it is 16, as in Art. 8(1) GDPR.

A person born on 29 February is a year older on 1 March of a year without that day: not a day too early.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from chalicelib.core import clock
from chalicelib.core.countries import PARTS_OF_STATES, country_of

_WITHOUT_A_RULE = 16

# Age and source, by ISO 3166-1 alpha-2. Where a member state made no rule, the source is Art. 8(1) GDPR.
THRESHOLDS: Mapping[str, tuple[int, str]] = {
    "AT": (14, "§ 4(4) Datenschutzgesetz"),
    "BE": (13, "Art. 7 loi du 30 juillet 2018"),
    "BG": (14, "Art. 25c Personal Data Protection Act"),
    "CY": (14, "Art. 8(1) Law 125(I)/2018"),
    "CZ": (15, "§ 7 zákon č. 110/2019 Sb."),
    "DE": (16, "Art. 8(1) GDPR"),
    "DK": (15, "§ 6(2) databeskyttelsesloven, as amended by lov nr. 1783 of 2023"),
    "EE": (13, "§ 8(1) isikuandmete kaitse seadus"),
    "ES": (14, "Art. 7 Ley Orgánica 3/2018"),
    "FI": (13, "§ 5 tietosuojalaki 1050/2018"),
    "FR": (15, "Art. 45 loi n° 78-17"),
    "GR": (15, "Art. 21 Law 4624/2019"),
    "HR": (16, "Art. 19 Zakon o provedbi Opće uredbe, NN 42/2018"),
    "HU": (16, "Art. 8(1) GDPR"),
    "IE": (16, "s. 31 Data Protection Act 2018"),
    "IS": (13, "Art. 10(5) lög nr. 90/2018"),
    "IT": (14, "Art. 2-quinquies d.lgs. 196/2003"),
    "LI": (16, "Art. 8(1) GDPR"),
    "LT": (14, "Art. 6 Law on Legal Protection of Personal Data"),
    "LU": (16, "Art. 8(1) GDPR"),
    "LV": (13, "Art. 33 Fizisko personu datu apstrādes likums"),
    "MT": (13, "Subsidiary Legislation 586.11"),
    "NL": (16, "Art. 5 Uitvoeringswet AVG"),
    "NO": (13, "§ 5 personopplysningsloven"),
    "PL": (16, "Art. 8(1) GDPR"),
    "PT": (13, "Art. 16 Lei n.º 58/2019"),
    "RO": (16, "Art. 8(1) GDPR"),
    "SE": (13, "2 kap. 4 § lag (2018:218)"),
    "SI": (15, "Art. 8 ZVOP-2"),
    "SK": (16, "§ 15 zákon č. 18/2018 Z. z."),
    # Outside the EEA, under their own laws.
    "GB": (13, "s. 9 Data Protection Act 2018"),
    "RS": (15, "Art. 16 ZZPL"),
}


class AgeSource(StrEnum):
    """What shows the age of a subject."""

    STATEMENT = "statement"  # of the subject: `of_age`
    DATE_OF_BIRTH = "date_of_birth"  # in the profile


@dataclass(frozen=True)
class ReachedAge:
    """The age that a subject has reached, which a consent needs; `is_new`: it was not stated before."""

    threshold: int
    source: AgeSource
    is_new: bool = False


def threshold(country: str | None, phone: str | None) -> int:
    """The age, in years, from which a subject with this declared country and number consents alone."""
    here = country or (country_of(phone) if phone else "")
    return THRESHOLDS.get(PARTS_OF_STATES.get(here, here), (_WITHOUT_A_RULE, ""))[0]


def is_below(born: date | None, years: int) -> bool:
    """Return whether a person with this date of birth is younger than an age today (UTC); not if unknown."""
    if born is None:
        return False
    today = clock.now().date()
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day)) < years
