"""Where cases are stored: sealed records that operators change, each with its evidence, and their lists.

Every write of a case requires the version that its writer read, increments it, and is one transaction with an
entry in the history of the case. So of two concurrent writers, one fails with `CaseChanged`, and no state
lacks its evidence.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar, cast

from chalicelib.core import chain, table
from chalicelib.core.chain import Chain, NewEntry, Unreadable
from chalicelib.core.ids import PathText, StaffId
from chalicelib.core.sealing import SealingError
from chalicelib.core.table import Conflict, Create, Index, Item, Key, Order, Query, Write, next_version
from chalicelib.privacy import codec
from chalicelib.privacy.codec import AnyRecord, Name
from chalicelib.privacy.personal import Record

CaseId = TypeVar("CaseId", bound=PathText)


@dataclass(frozen=True)
class RecordPage(Generic[AnyRecord, Name]):
    """A page of a list: its records, the names of unreadable ones, and the start of the next page."""

    found: Sequence[AnyRecord]
    unreadable: Sequence[Name]
    next: str | None = None


class CaseChanged(Conflict):
    """Another writer changed the case since it was read."""


class UnknownCase(LookupError):
    """There is no case with the id after which a page was to start."""


@dataclass(frozen=True)
class CaseTable(Generic[AnyRecord, CaseId]):
    """The cases of one kind in the table, and what distinguishes them from other kinds.

    Attributes:
        kind: the class of the records, which have a `version`. Histories have its name.
        name: of the cases, in the plural: the key of their list in the index, and the word of the
            history of staff.
        ids: the class of their ids.
        id_at: returns the id of the case with a key.
        find: returns the key of the case with an id; None if there is none.
        key_of: returns the key of a case.
        indexed: returns the index attributes of a case.
        kept_until: returns until when an entry about a case is kept.
        viewed: the event of a view of one case, in the history of staff.
        index: the index that has their list.
    """

    kind: type[AnyRecord]
    name: str
    ids: type[CaseId]
    id_at: Callable[[Key], CaseId]
    find: Callable[[CaseId], Key | None]
    key_of: Callable[[AnyRecord], Key]
    indexed: Callable[[AnyRecord], Item]
    kept_until: Callable[[AnyRecord], datetime]
    viewed: str = "inspected"
    index: Index = Index.OWNER

    def history_of(self, case_id: CaseId) -> Chain:
        """The history of a case in the Ledger. The id is random and names no person."""
        return Chain(self.kind.declaration.kind, case_id)

    def read(self, case_id: CaseId) -> AnyRecord | None:
        """Read a case; None if there is none.

        Raises:
            SealingError: it was altered.
        """
        item = self._item_of(case_id)
        return codec.opened(self.kind, item) if item else None

    def creation(
        self, case: AnyRecord, event: str, by: StaffId | None, said: Mapping[str, object]
    ) -> list[Write]:
        """The writes of a new case and its first evidence; `by` None: a job."""
        place = self.key_of(case)
        return [Create(place, self.item(case), conflict=CaseChanged), self.evidence(case, event, by, said)]

    def change(
        self, before: AnyRecord, after: AnyRecord, event: str, by: StaffId | None, said: Mapping[str, object]
    ) -> tuple[AnyRecord, list[Write]]:
        """The next version of a case, and the writes of it and its evidence; `by` None: a job.

        The conflict of the writes is CaseChanged or HeadMoved.

        Raises:
            Unreadable: the newest entry of its history was altered, so none can follow.
        """
        after = after.model_copy(update={"version": _version(before) + 1})
        return after, [self.replacement(after), self.evidence(after, event, by, said)]

    def replacement(self, after: AnyRecord) -> Write:
        """The write of a case over the version before; its conflict is CaseChanged."""
        return next_version(self.key_of(after), self.item(after), CaseChanged)

    def evidence(self, case: AnyRecord, event: str, by: StaffId | None, said: Mapping[str, object]) -> Write:
        """The write of an entry in the history of a case; `by` None: a job.

        Raises:
            Unreadable: as for `change`.
        """
        actor = {"by": by} if by else {}
        entry = NewEntry(event, {**actor, **said}, delete_at=self.kept_until(case))
        return chain.append_write(self.history_of(self.id_of(case)), entry)

    def page(self, after: CaseId | None, maximum: int) -> RecordPage[AnyRecord, CaseId]:
        """Read a page of all cases after one of them, in descending order of the index.

        The index is eventually consistent.

        Raises:
            UnknownCase: there is no case with the id.
        """
        start = self._item_of(after) if after else None
        if after and start is None:
            raise UnknownCase
        listed = Query(
            self.kind.declaration.table,
            self.name,
            index=self.index,
            order=Order.DESCENDING,
            limit=maximum + 1,
            after={name: start[name] for name in ("pk", "sk", self.index.pk, self.index.sk)}
            if start
            else None,
        )
        return self.open_rows(list(table.query(listed)), maximum)

    def open_rows(self, rows: Sequence[Item], maximum: int) -> RecordPage[AnyRecord, CaseId]:
        """Open the cases of `maximum` rows of an index; another row says that a page follows."""
        places = [Key(self.kind.declaration.table, row["pk"], row["sk"]) for row in rows[:maximum]]
        items = table.batch_get(places)
        there = [(self.id_at(place), items[place]) for place in places if place in items]
        found, unreadable = codec.open_each(self.kind, there)
        return RecordPage(found, unreadable, there[-1][0] if len(rows) > maximum and there else None)

    def behind_ledger(self, since: datetime) -> Iterator[CaseId]:
        """The cases with entries since an instant whose stored state lacks some of them.

        It is for kinds of which each change appends one entry: the number of the newest entry is the version.
        A restored table may have a case in an older state than the Ledger, or not at all. One whose state or
        history cannot be read counts as behind.

        Raises:
            Unavailable: a table does not answer.
        """
        for touched in chain.chains_touched_since(since, self.kind.declaration.kind):
            if not self._is_current(self.ids(touched.pseudonym)):
                yield self.ids(touched.pseudonym)

    def _is_current(self, case_id: CaseId) -> bool:
        try:
            item, newest = self._item_of(case_id), chain.head(self.history_of(case_id))
            version = _version(codec.glance(self.kind, item)) if item else None
        except (SealingError, Unreadable):
            return False
        return newest is not None and version == newest.seq

    def id_of(self, case: AnyRecord) -> CaseId:
        """The id of a case."""
        return self.id_at(self.key_of(case))

    def item(self, case: AnyRecord) -> Item:
        """The item of a case, with its index attributes.

        Raises:
            ValueError: a bug: an index attribute would overwrite a field with another value.
        """
        item, indexed = codec.to_item(case, self.key_of(case)), self.indexed(case)
        if any(item.get(name, value) != value for name, value in indexed.items()):
            raise ValueError("an index attribute has the name of a field")
        return item | indexed

    def _item_of(self, case_id: CaseId) -> Item | None:
        place = self.find(case_id)
        return table.get(place) if place else None


class Versioned(Protocol):
    """A case in one version."""

    @property
    def version(self) -> int:
        """The version, which grows with each change."""


def _version(case: Record) -> int:
    return cast(Versioned, case).version
