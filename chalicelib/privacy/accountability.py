"""What the privacy officer has arranged for a stage, as the record of processing shows it.

Stage `production` needs all of it before a deployment; other stages are warned.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from chalicelib.privacy.recipients import Mechanism, Recipient, Role


def outside_processors() -> tuple[Recipient, ...]:
    """The processors with access from a country that needs clauses: for Serbia, those of its authority."""
    found = (one for one in Recipient if one.entry.role is Role.PROCESSOR)
    return tuple(one for one in found if one.entry.mechanism is not Mechanism.NO_TRANSFER)


def id_of(recipient: Recipient) -> str:
    """The id of a recipient, as in settings and in the record of processing."""
    return recipient.name.lower()


@dataclass(frozen=True)
class Accountability:
    """The representative and the adviser of the controller, and its documents.

    Attributes:
        representative: name and address of the representative in the EU (Art. 27 GDPR).
        data_protection_officer: how to reach the officer (Art. 37 GDPR, Art. 56 ZZPL).
        impact_assessment_on: the day of the impact assessment (Art. 35 GDPR, Art. 54 ZZPL).
        impact_assessment_reference: where the controller files it.
        serbian_clauses: the day on which each processor outside signed the clauses of the Serbian
            authority (Art. 65 ZZPL), by the processor's id.
    """

    representative: str = ""
    data_protection_officer: str = ""
    impact_assessment_on: date | None = None
    impact_assessment_reference: str = ""
    serbian_clauses: Mapping[str, date] = field(default_factory=dict)

    def missing(self) -> Iterator[tuple[str, str]]:
        """Yield the setting and the meaning of each part that is not arranged."""
        if not self.representative:
            yield "accountability.representative", "a representative in the EU (Art. 27 GDPR)"
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
    def clauses(self) -> str:
        """The signed clauses, as `stream=2026-05-08`."""
        return ",".join(f"{name}={day}" for name, day in sorted(self.serbian_clauses.items()))


def of_stage(environment: Mapping[str, str]) -> Accountability:
    """What is arranged for the stage of a function, from its variables; all of it may be missing."""
    day, reference = _day_and_rest(environment.get("RU4M_IMPACT_ASSESSMENT", ""))
    clauses = filter(None, environment.get("RU4M_SERBIAN_CLAUSES", "").split(","))
    return Accountability(
        representative=environment.get("RU4M_REPRESENTATIVE", ""),
        data_protection_officer=environment.get("RU4M_DATA_PROTECTION_OFFICER", ""),
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
