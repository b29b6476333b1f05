"""Cases that two members of staff decide: one proposes, another one approves (ADR 61).

Invariants:

- The person who approves is never the one who proposed: one person has one pseudonym (`staff/service`).
- The approval names the version of the case that its approver saw.
- A state and its evidence are one transaction. If the history was altered, so that no entry can follow, the
  change is refused.
- A case is shown only after the view is recorded in the history of the person who sees it. The response to a
  change shows the case, so a call that changes nothing counts as a view; a change has its own evidence.

A rule computes a change from the case as it was read. If another write came first, the case is read again and
the rule is applied to its new state. A rule returns None if its change was made before, so a repeated call
changes nothing and returns the case.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import wraps
from typing import Concatenate, Generic, ParamSpec, TypeVar

from chalicelib.core import chain, observe
from chalicelib.core.chain import Chain, ChainEntry, Unreadable
from chalicelib.core.errors import ChangedMeanwhile, Unavailable, existing
from chalicelib.core.http import Cursor, IfMatch, invalid_cursor
from chalicelib.core.ids import StaffId
from chalicelib.core.transactions import Conflict, Write, commit, retry_on
from chalicelib.privacy.cases import CaseId, CaseTable, RecordPage, UnknownCase, Versioned
from chalicelib.privacy.codec import AnyRecord
from chalicelib.privacy.personal import Record
from chalicelib.staff import history
from chalicelib.staff.model import OwnProposal

PAGE = 50
MAX_ENTRIES = 200  # a year of pins, reminders and waits of a request, which has the most

Of = TypeVar("Of")  # what names a case: its id
Case = TypeVar("Case")
Change = TypeVar("Change")
P = ParamSpec("P")


@dataclass(frozen=True)
class CaseMove(Generic[AnyRecord]):
    """The new state of a case, the evidence of the change (its actor is added), and writes that go with it.

    A conflict of those writes means that what they were built from has changed: the rule is applied again.
    """

    after: AnyRecord
    event: str
    said: Mapping[str, object] = field(default_factory=dict)
    also: Sequence[Write] = ()


@dataclass(frozen=True)
class InspectedCase(Generic[AnyRecord]):
    """A case with its newest evidence, newest first; `entries` is None if an entry was altered."""

    case: AnyRecord
    entries: tuple[ChainEntry, ...] | None

    @property
    def staff(self) -> set[StaffId]:
        """The members of staff that the case or its evidence names."""
        return staff_of(self.case) | staff_in(self.entries)


def staff_in(entries: Iterable[ChainEntry] | None) -> set[StaffId]:
    """The members of staff that entries name."""
    return {one for entry in entries or () for one in _named_in(entry.data)}


def staff_of(*cases: Record) -> set[StaffId]:
    """The members of staff that records name."""
    return {member for case in cases for member in _named_in(case.model_dump(mode="json"))}


def _named_in(said: object) -> Iterator[StaffId]:
    match said:
        case str():
            yield from filter(None, [StaffId.parse(said)])
        case dict():
            for value in said.values():
                yield from _named_in(value)
        case list():
            for value in said:
                yield from _named_in(value)


def newest_entries(of: Chain) -> tuple[ChainEntry, ...] | None:
    """The newest evidence, newest first; None if an entry was altered, since such a case is shown too."""
    return entries_before(of, None)[0]


def entries_before(of: Chain, number: int | None) -> tuple[tuple[ChainEntry, ...] | None, int | None]:
    """The entries before a number (None: the newest), as `newest_entries`; then that for the next page."""
    try:
        found, earlier = chain.page(of, number, MAX_ENTRIES)
    except Unreadable:
        return None, None
    return tuple(found), earlier


@dataclass(frozen=True)
class Cases(Generic[AnyRecord, CaseId]):
    """The cases of one kind, as staff list, view and change them."""

    table: CaseTable[AnyRecord, CaseId]

    def read(self, case_id: CaseId) -> AnyRecord:
        """Read a case.

        Raises:
            NotFound: no such case.
        """
        return existing(self.table.read(case_id))

    @retry_on(Conflict)
    def apply(
        self,
        case_id: CaseId,
        by: StaffId | None,
        rule: Callable[[AnyRecord], CaseMove[AnyRecord] | None],
    ) -> AnyRecord:
        """Apply a rule to a case, and return the case as it is then.

        Args:
            case_id: the case.
            by: the member of staff who makes the change; None: a job, of which no view is recorded.
            rule: computes the change; returns None if it was made before.

        Raises:
            NotFound: no such case.
            Unavailable: another write came first in every try, or evidence or view cannot be recorded.
        """
        case = self.read(case_id)
        move = rule(case)
        if move is None:
            if by:
                self.record_view(case_id, by)
            return case
        try:
            after, writes = self.table.change(case, move.after, move.event, by, move.said)
            commit(*writes, *move.also)
        except Unreadable as altered:
            observe.log_failure("case_not_changed", altered)
            raise Unavailable from None
        return after

    def list_all(self, cursor: Cursor | None, by: StaffId) -> RecordPage[AnyRecord, CaseId]:
        """List a page of all cases, and record that the operator sees them.

        Raises:
            InvalidRequest: the cursor is malformed.
            Unavailable: the view cannot be recorded now.
        """
        after = self.table.ids.parse(cursor) if cursor is not None else None
        if cursor is not None and after is None:
            raise invalid_cursor()
        try:
            page = self.table.page(after, PAGE)
        except UnknownCase:
            raise invalid_cursor() from None
        self.record_page(page, by)
        return page

    def record_page(self, page: RecordPage[AnyRecord, CaseId], by: StaffId) -> None:
        """Record that a member of staff sees a page of cases, unreadable ones included.

        Raises:
            Unavailable: it cannot be recorded now, so the page must not be shown.
        """
        ids = [*map(self.table.id_of, page.found), *page.unreadable]
        history.record_view(by, "listed", self.table.name, ids)

    def show(self, case_id: CaseId, by: StaffId) -> InspectedCase[AnyRecord]:
        """Record that an operator views a case, and return it with its evidence.

        Raises:
            NotFound: no such case.
            Unavailable: the view cannot be recorded now.
        """
        return InspectedCase(self.view(case_id, by), newest_entries(self.table.history_of(case_id)))

    def view(self, case_id: CaseId, by: StaffId) -> AnyRecord:
        """Record that an operator views a case, and return it.

        Raises:
            NotFound, Unavailable: as for `show`.
        """
        case = self.read(case_id)
        self.record_view(case_id, by)
        return case

    def record_view(self, case_id: CaseId, by: StaffId) -> None:
        """Record that a member of staff views a case.

        Raises:
            Unavailable: it cannot be recorded now, so the case must not be shown.
        """
        history.record_view(by, self.table.viewed, self.table.name, [case_id])


def staff_move(
    apply: Callable[[Of, StaffId, Callable[[Case], Change | None]], Case],
) -> Callable[
    [Callable[Concatenate[Case, StaffId, P], Change | None]], Callable[Concatenate[Of, StaffId, P], Case]
]:
    """Make a rule about a case a use case of staff: callers pass the id in place of the case.

    The use case returns the case as it is then. It raises what the rule and `apply` raise.
    """

    def use_case(
        rule: Callable[Concatenate[Case, StaffId, P], Change | None],
    ) -> Callable[Concatenate[Of, StaffId, P], Case]:
        @wraps(rule)
        def move(of: Of, by: StaffId, /, *args: P.args, **more: P.kwargs) -> Case:
            return apply(of, by, lambda case: rule(case, by, *args, **more))

        return move

    return use_case


def check_second(by: StaffId, first: StaffId) -> None:
    """Refuse what one person may not do alone.

    Raises:
        OwnProposal: the person is the one who proposed it.
    """
    if by == first:
        raise OwnProposal


def etag(case: Versioned) -> str:
    """The entity tag of the version that an operator sees."""
    return f'"{case.version}"'


def check_shown(case: Versioned, shown: IfMatch) -> None:
    """Refuse to approve another version than the one that the approver saw.

    Raises:
        ChangedMeanwhile: the case changed since.
    """
    if not shown.allows(etag(case)):
        raise ChangedMeanwhile
