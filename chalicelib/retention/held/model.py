"""The records that outlive their account, and which kinds are kept, why, and until when (RGT-3, ADR 31)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from chalicelib.core.clock import Instant
from chalicelib.core.ids import HeldId, HeldRecordId, HoldId
from chalicelib.core.table_names import Table
from chalicelib.privacy import codec, register
from chalicelib.privacy.periods import Statutory, UntilInstant
from chalicelib.privacy.personal import NOT_PERSONAL, KeyClass, Record, personal
from chalicelib.privacy.plans import Action, erasure_plan
from chalicelib.privacy.purposes import Category, LegalBasis, Purpose, Source
from chalicelib.retention.model import Hold, HoldGround


class HeldRecord(
    Record,
    table=Table.HELD,
    kind="held_record",
    purpose=Purpose.LEGAL_OBLIGATION,
    basis=LegalBasis.LEGAL_OBLIGATION,
    retention=UntilInstant("until the period or the duty that keeps it ends", until="until"),
    key_class=KeyClass.RETAINED,
):
    """A record that a law or a hold keeps although its account was erased.

    Attributes:
        of: the kind of the record, or of the records if they were stored as a bundle.
        ground: why it is kept; that of the law if several reasons keep it.
        holds: the holds that keep it; empty if only a statutory period does.
        statutory_until: the end of its statutory period, if it has one.
        until: the latest of all ends.
        source: the sort key that the record had.
        document: the records as a JSON array, with all their fields.
    """

    held_id: Annotated[HeldId, NOT_PERSONAL]
    record_id: Annotated[HeldRecordId, NOT_PERSONAL]
    of: Annotated[str, NOT_PERSONAL]
    ground: Annotated[HoldGround, NOT_PERSONAL]
    holds: Annotated[tuple[HoldId, ...], NOT_PERSONAL] = ()
    statutory_until: Annotated[Instant | None, NOT_PERSONAL] = None
    until: Annotated[Instant, NOT_PERSONAL]
    source: Annotated[str, personal(Category.DEVICE_ID, Source.GENERATED)]
    document: Annotated[str, personal(Category.CONTENT_PRIVATE, Source.GENERATED)]


@dataclass(frozen=True)
class KeptUntil:
    """The ends of one record: that of its statutory period, and the latest one of all reasons."""

    statutory: datetime | None
    latest: datetime


@dataclass(frozen=True)
class KeepReasons:
    """Why the records of one kind are kept: by a statute (`law`), by holds, or by both."""

    kind: type[Record]
    law: str | None
    holds: tuple[Hold, ...]

    @property
    def ground(self) -> HoldGround:
        """The ground that is stated: the law, if one requires it."""
        by_law = self.law is not None or any(hold.ground is HoldGround.LAW for hold in self.holds)
        return HoldGround.LAW if by_law else HoldGround.CLAIMS

    @property
    def hold_ids(self) -> tuple[HoldId, ...]:
        """The holds that keep the records."""
        return tuple(hold.hold_id for hold in self.holds)

    def ends(self, records: Iterable[Record]) -> KeptUntil:
        """When the records of one item are no longer kept."""
        statutory = max(filter(None, map(codec.expires_at, records))) if self.law else None
        ends = [hold.ends_at for hold in self.holds]
        return KeptUntil(statutory, max([*ends, *([statutory] if statutory else [])]))


def keep_reasons(holds: Iterable[Hold], now: datetime) -> Mapping[str, KeepReasons]:
    """Why records are kept, by their kind: by the statutes of the register and the holds in force."""
    in_force = [hold for hold in holds if hold.is_in_force(now)]
    by_kind = {record.declaration.kind: record for record in register.records()}
    plan = erasure_plan(by_kind.values(), {kind for hold in in_force for kind in hold.kinds})
    moved = [kind for step in plan.steps if step.action is Action.KEEP for kind in step.kinds]
    return {
        kind: KeepReasons(
            by_kind[kind], _law(by_kind[kind]), tuple(hold for hold in in_force if kind in hold.kinds)
        )
        for kind in moved
    }


def _law(record: type[Record]) -> str | None:
    retention = record.declaration.retention
    return retention.law if isinstance(retention, Statutory) else None


def statute(kind: str) -> str:
    """The law that requires the retention of a kind; a fixed text if the kind is not declared any more."""
    laws = (_law(record) for record in register.records() if record.declaration.kind == kind)
    return next(filter(None, laws), "a statutory period")
