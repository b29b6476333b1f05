"""What is declared about our processing, as facts that a privacy policy states (ADR 85).

A fact is a key and a value, both texts, so that the facts of a version are one JSON object that programs
compare:

| key | value |
|---|---|
| `held/<kind>/<field>` | category and source of a personal field; without a record class, of a category |
| `kind/<kind>` | the title of a kind of data |
| `purpose/<kind>` | the purpose for which the kind is processed |
| `kept/<kind>` | `period` and the names of periods, or `event` and its English words |
| `law/<kind>` | why a kind is kept beyond an erasure |
| `period/<name>` | the length of a period (ISO 8601) |
| `to/<kind>/<recipient>` | that a recipient besides our cloud provider receives fields of the kind |
| `gets/<recipient>/<category>` | what we hold and a recipient may receive, or what it collects itself |
| `recipient/<recipient>/<part>` | its `name`, `country`, `role`, `activity`, `mechanism`, `safeguards` |
| `recipient/<recipient>/contact` | where a person exercises rights at the recipient itself |
| `for/<purpose>` | the legal basis of a purpose |
| `practice/<practice>` | `on` if we do it |
| `right/<right>` | the term of a right that can be exercised |
| `promise/<id>` | that a promise is kept |
| `source/<source>` | where data comes from, in words |
| `registered/<recipient>` | that a recipient is in the register |
| `automated/<decision>` | what a program decides alone, in words |
| `measure/<number>` | a measure of protection, in words |
| `setting/<name>` | a setting of the stage, such as the contact of the controller |

Only data about users is in it: staff have a notice of their own.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from datetime import timedelta

from chalicelib.core.settings import Settings
from chalicelib.privacy import register, words
from chalicelib.privacy.accountability import Accountability
from chalicelib.privacy.controller import CONTROLLER
from chalicelib.privacy.declaration import DataSubject, Declaration
from chalicelib.privacy.measures import MEASURES
from chalicelib.privacy.periods import Period, Statutory
from chalicelib.privacy.purposes import (
    AUTOMATED,
    CONSENTS_USED,
    Category,
    LegalBasis,
    Practice,
    Purpose,
    Source,
)
from chalicelib.privacy.recipients import Recipient
from chalicelib.privacy.register import DataWithoutRecord


class Facts(dict[str, str]):
    """Facts in the order of their keys."""

    def __init__(self, found: Mapping[str, str]) -> None:
        super().__init__(sorted(found.items()))
        self._keys = tuple(self)

    def below(self, prefix: str) -> dict[str, str]:
        """The facts whose keys begin with a prefix, by the rest of their keys."""
        end = bisect_left(self._keys, f"{prefix}\uffff")
        found = self._keys[bisect_left(self._keys, prefix) : end]
        return {key.removeprefix(prefix): self[key] for key in found}


def declared(
    settings: Settings,
    arranged: Accountability,
    *,
    practices: Iterable[Practice],
    rights: Mapping[str, str],
    promises: Iterable[str],
    answer: timedelta,
) -> Facts:
    """Collect the facts of a stage.

    Args:
        settings: of the stage: its periods, contact and region.
        arranged: what the privacy officer arranged for the stage.
        practices: what we do.
        rights: the term of each right that can be exercised, by its word.
        promises: the ids of the promises that are kept.
        answer: the longest time for an answer to a request without an extension.
    """
    described, possible = frozenset(practices), Practice.__members__
    held, done = dict(_of_records(described)), {practice.name for practice in described}
    kept = [value.split() for key, value in held.items() if key.startswith("kept/")]
    periods = {name for form, *names in kept if form == "period" for name in names}
    used = {value for key, value in held.items() if key.startswith("purpose/")}
    fields = [value.split() for key, value in held.items() if key.startswith("held/")]
    sources = {Source[source] for _, source in fields}
    found = {
        **held,
        **dict(_of_recipients({Category(category) for category, _ in fields})),
        **{f"source/{source.name}": words.source(source) for source in sources},
        **{f"for/{purpose.value}": purpose.basis.name for purpose in Purpose if purpose.value in used},
        **{f"period/{name}": str(settings.periods[name.lower()]) for name in periods},
        **{f"practice/{name}": "on" for name in done},
        **{
            f"automated/{name}": text
            for name, text in AUTOMATED.items()
            if name in done or name not in possible
        },
        **{f"measure/{number}": measure.words for number, measure in enumerate(MEASURES)},
        **{f"right/{right}": term for right, term in rights.items()},
        **{f"promise/{promise}": "kept" for promise in promises},
        **{f"setting/{name}": value for name, value in _of_stage(settings, arranged, answer) if value},
    }
    return Facts(found)


def _of_stage(settings: Settings, arranged: Accountability, answer: timedelta) -> Iterator[tuple[str, str]]:
    authority = CONTROLLER.authorities[0]
    yield "controller", CONTROLLER.name
    yield "address", CONTROLLER.address
    yield "country", Recipient.BELGRADE_OFFICE.country
    yield "contact", settings.contact_email
    yield from ((f"representative_{law}", named) for law, named in arranged.represented())
    yield "data_protection_officer", arranged.data_protection_officer
    yield "authority", authority.name
    yield "authority_address", authority.address
    yield "answer", f"P{answer.days}D"
    yield "notice", f"P{settings.notice_period.days}D"
    yield "idle", f"P{settings.idle.after_months}M"
    yield "backups", f"P{settings.backups.other_days}D"
    yield "key_backups", f"P{settings.backups.keys_days}D"


def _of_records(practices: AbstractSet[Practice]) -> Iterator[tuple[str, str]]:
    """The facts of data about users. A kind that needs consent is held if a practice uses the consent."""
    offered = frozenset[Purpose]().union(*(CONSENTS_USED[practice] for practice in practices))
    for declaration in (record.declaration for record in register.records()):
        if _is_held(declaration, offered) and declaration.personal_fields():
            yield from _of_record(declaration)
    for entry in register.WITHOUT_RECORD:
        if _is_held(entry, offered):
            yield from _of_other(entry)


def _is_held(kind: Declaration | DataWithoutRecord, offered: AbstractSet[Purpose]) -> bool:
    needs_consent = kind.purpose.basis is LegalBasis.CONSENT
    return kind.subject is DataSubject.USER and (kind.purpose in offered or not needs_consent)


def _of_record(declaration: Declaration) -> Iterator[tuple[str, str]]:
    kind, retention = declaration.kind, declaration.retention
    for name, marker in declaration.personal().items():
        yield f"held/{kind}/{name}", f"{marker.category.value} {marker.source.name}"
    period = getattr(retention, "period", None)
    yield f"kind/{kind}", words.title(kind)
    yield f"purpose/{kind}", declaration.purpose.value
    yield f"kept/{kind}", f"period {period.name}" if period else f"event {retention.plainly}"
    if isinstance(retention, Statutory):
        yield f"law/{kind}", retention.law
    for recipient in declaration.recipients:
        if recipient is not Recipient.AWS:
            yield f"to/{kind}/{recipient.name}", "yes"


def _of_other(entry: DataWithoutRecord) -> Iterator[tuple[str, str]]:
    kind, kept = entry.kind, entry.kept
    for category in entry.categories:
        yield f"held/{kind}/{category.name}", f"{category.value} {Source.GENERATED.name}"
    yield f"kind/{kind}", words.title(kind)
    yield f"purpose/{kind}", entry.purpose.value
    yield f"kept/{kind}", f"event {kept}" if isinstance(kept, str) else _periods(kept)
    for recipient in entry.recipients:
        if recipient is not Recipient.AWS:
            yield f"to/{kind}/{recipient.name}", "yes"


def _periods(kept: tuple[Period, ...]) -> str:
    return " ".join(("period", *(period.name for period in kept)))


def _of_recipients(held: AbstractSet[Category]) -> Iterator[tuple[str, str]]:
    for recipient in Recipient:
        entry, prefix = recipient.entry, f"recipient/{recipient.name}"
        yield f"registered/{recipient.name}", "yes"
        yield f"{prefix}/name", entry.label
        yield f"{prefix}/country", entry.country
        yield f"{prefix}/role", entry.role.value
        yield f"{prefix}/activity", entry.activity
        yield f"{prefix}/mechanism", entry.mechanism.value
        yield f"{prefix}/safeguards", "|".join((*entry.safeguards, *(one.name for one in entry.certificates)))
        if entry.rights_contact and entry.rights_contact.where:
            yield f"{prefix}/contact", entry.rights_contact.where
        for category in sorted(entry.categories & held | entry.collects):
            yield f"gets/{recipient.name}/{category.value}", "yes"
