"""What the privacy officer has arranged for a stage, as the record of processing shows it.

Stage `production` needs all of it before a deployment; other stages are warned.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date

from chalicelib.core import countries
from chalicelib.privacy.purposes import ExplainedEnum
from chalicelib.privacy.recipients import Mechanism, Recipient, Role


def outside_processors() -> tuple[Recipient, ...]:
    """The processors with access from a country that needs clauses: for Serbia, those of its authority."""
    found = (one for one in Recipient if one.entry.role is Role.PROCESSOR)
    return tuple(one for one in found if one.entry.mechanism is not Mechanism.NO_TRANSFER)


def id_of(recipient: Recipient) -> str:
    """The id of a recipient, as in settings and in the record of processing."""
    return recipient.name.lower()


class RepresentedLaw(ExplainedEnum):
    """A law that wants a representative of a controller without a seat there: where, act, article."""

    EU = ("eu", "the European Union", "GDPR", 27, countries.EEA)
    UK = ("uk", "the United Kingdom", "UK GDPR", 27, frozenset({"GB"}))
    CH = ("ch", "Switzerland", "FADP", 14, frozenset({"CH"}))

    def __init__(self, _word: str, _where: str, act: str, number: int, applies_in: AbstractSet[str]) -> None:
        self.act = act
        self.number = number
        self.applies_in = applies_in

    @property
    def article(self) -> str:
        """The article, as `Art. 27 GDPR`."""
        return f"Art. {self.number} {self.act}"


@dataclass(frozen=True)
class Accountability:
    """The representatives and the adviser of the controller, and its documents.

    Attributes:
        representatives: name and address of the representative under each law, by the law's word.
        served: the countries that the stage serves. The laws of these want representatives.
        data_protection_officer: how to reach the officer (Art. 37 GDPR, Art. 56 ZZPL).
        dispute_body: the body that settles disputes about decisions out of court, if the controller takes
            part in one. Small hosts need none (Art. 19 and 21 of Regulation (EU) 2022/2065).
        impact_assessment_on: the day of the impact assessment (Art. 35 GDPR, Art. 54 ZZPL).
        impact_assessment_reference: where the controller files it.
        serbian_clauses: the day on which each processor outside signed the clauses of the Serbian
            authority (Art. 65 ZZPL), by the processor's id.
    """

    representatives: Mapping[str, str] = field(default_factory=dict)
    data_protection_officer: str = ""
    impact_assessment_on: date | None = None
    impact_assessment_reference: str = ""
    serbian_clauses: Mapping[str, date] = field(default_factory=dict)
    served: AbstractSet[str] = countries.SERVED
    dispute_body: str = ""

    def represented(self) -> Iterator[tuple[RepresentedLaw, str]]:
        """Yield the laws under which a representative is named, and the representative."""
        for law in RepresentedLaw:
            if named := self.representatives.get(law):
                yield law, named

    def missing(self) -> Iterator[tuple[str, str]]:
        """Yield the setting and the meaning of each part that is not arranged."""
        for law in RepresentedLaw:
            served = ", ".join(sorted(law.applies_in & self.served))
            if served and not self.representatives.get(law):
                what = f"a representative in {law.plainly} ({law.article}), since the stage serves {served}"
                yield f"accountability.representatives.{law}", what
        if not self.data_protection_officer:
            yield "accountability.data_protection_officer", "a data protection officer (Art. 37 GDPR)"
        if not self.impact_assessment_on:
            yield "accountability.impact_assessment_on", "the day of the impact assessment (Art. 35 GDPR)"
        if not self.impact_assessment_reference:
            yield (
                "accountability.impact_assessment_reference",
                "the reference of the impact assessment (Art. 35 GDPR)",
            )
        for recipient in outside_processors():
            if id_of(recipient) not in self.serbian_clauses:
                yield (
                    f"accountability.serbian_clauses.{id_of(recipient)}",
                    f"the day on which {recipient.label} signed the Serbian clauses (Art. 65 ZZPL)",
                )

    @property
    def impact_assessment(self) -> str:
        """Day and reference of the impact assessment, as `2026-11-01 DPIA 2026/1`."""
        return " ".join(
            filter(None, (str(self.impact_assessment_on or ""), self.impact_assessment_reference))
        )

    @property
    def packed_representatives(self) -> str:
        """The representatives, as `eu=Example GmbH, Berlin|ch=Example AG, Zurich`."""
        return "|".join(f"{law}={named}" for law, named in self.represented())

    @property
    def clauses(self) -> str:
        """The signed clauses, as `stream=2026-05-08`."""
        return ",".join(f"{name}={day}" for name, day in sorted(self.serbian_clauses.items()))


def of_stage(environment: Mapping[str, str]) -> Accountability:
    """What is arranged for the stage of a function, from its variables; all of it may be missing."""
    day, reference = _day_and_rest(environment.get("RU4M_IMPACT_ASSESSMENT", ""))
    clauses = filter(None, environment.get("RU4M_SERBIAN_CLAUSES", "").split(","))
    return Accountability(
        representatives=dict(
            one.split("=", 1) for one in filter(None, environment.get("RU4M_REPRESENTATIVES", "").split("|"))
        ),
        data_protection_officer=environment.get("RU4M_DATA_PROTECTION_OFFICER", ""),
        dispute_body=environment.get("RU4M_DISPUTE_BODY", ""),
        impact_assessment_on=day,
        impact_assessment_reference=reference,
        serbian_clauses={
            name: date.fromisoformat(signed) for name, _, signed in (one.partition("=") for one in clauses)
        },
    )


def _day_and_rest(text: str) -> tuple[date | None, str]:
    first, _, rest = text.partition(" ")
    try:
        return date.fromisoformat(first), rest
    except ValueError:
        return None, text
