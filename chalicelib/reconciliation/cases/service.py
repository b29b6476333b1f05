"""The rules of cases: open, list by age, close.

Invariants:

- A case and its evidence are one transaction, under the condition that the account is not being erased.
- A deletion of the account deletes the case; its history stays for its period and names no user.
- A page of cases is shown to a member of staff only if their own history names the cases.
"""

from collections.abc import Iterable
from itertools import islice

from chalicelib.accounts import service as accounts
from chalicelib.accounts.model import Account
from chalicelib.core import chain, clock, metrics
from chalicelib.core.chain import Chain, HeadMoved, NewEntry
from chalicelib.core.errors import NotFound, Unavailable
from chalicelib.core.http import Cursor, invalid_cursor
from chalicelib.core.ids import AccountId, StaffId, StreamCaseId, UserId
from chalicelib.core.metrics import Metric
from chalicelib.core.transactions import Write, commit
from chalicelib.privacy.cases import RecordPage
from chalicelib.privacy.periods import Period
from chalicelib.reconciliation.cases import store
from chalicelib.reconciliation.cases.model import CaseOutcome, StreamCase, StreamLoss
from chalicelib.reconciliation.cases.store import CaseMoved
from chalicelib.staff import history

CHAIN = "stream_case"  # the kind of the chains
_JOB = "reconciliation"  # the actor of a review
PAGE = 50


class NoOpenCase(NotFound):
    """The account has no open case."""


def open_case(account: Account, loss: StreamLoss) -> None:
    """Open a case, or change the open one if the user was deleted since.

    Raises:
        Unavailable: a table does not answer, another writer was first, or the account is being erased.
    """
    now, known = clock.now(), store.read(account.account_id)
    if known and known.is_open:
        if loss is StreamLoss.DELETED and known.loss is not loss:
            changed = known.model_copy(update={"loss": loss, "version": known.version + 1})
            _commit(store.moving(changed), changed, "changed", {"loss": loss})
        return
    case = StreamCase(
        case_id=StreamCaseId.new(),
        account_id=account.account_id,
        user_id=account.user_id,
        loss=loss,
        opened_at=now,
    )
    _commit(store.opening(case), case, "opened", {"loss": loss}, accounts.not_erasing(account.account_id))
    metrics.count(Metric.STREAM_CASE_OPENED)


def list_open(cursor: Cursor | None, by: StaffId) -> RecordPage[StreamCase, StreamCaseId]:
    """List a page of open cases, the oldest first, and record that the operator sees them.

    Cases that are closed while an operator pages through the list cause neither duplicates nor gaps.

    Raises:
        InvalidRequest: the cursor is malformed.
        Unavailable: the view cannot be recorded now.
    """
    page = open_page(cursor)
    history.record_view(by, "listed", "stream_cases", [case.case_id for case in page.found])
    return page


def open_page(cursor: Cursor | None) -> RecordPage[StreamCase, StreamCaseId]:
    """Read a page of open cases, the oldest first; the caller records the view.

    Raises:
        InvalidRequest: the cursor is malformed.
    """
    rows = list(islice(store.open_cases(_place_of(cursor), PAGE + 1), PAGE + 1))
    found = _by_age(store.read_open(account_id for _, account_id in rows[:PAGE]))
    return RecordPage(found, (), rows[PAGE - 1][0] if len(rows) > PAGE else None)


def _place_of(cursor: Cursor | None) -> str:
    """The place after which a page starts; "" for the first page."""
    if cursor is None:
        return ""
    opened_at, _, named = cursor.partition("-")
    if not (opened_at.isdecimal() and StreamCaseId.parse(named)):
        raise invalid_cursor()
    return cursor


def close(user_id: UserId, by: StaffId, outcome: CaseOutcome) -> StreamCase:
    """Close the case of a user with the outcome that an operator found.

    Raises:
        NoOpenCase: the user has none.
        Unavailable: another writer was first; read the case again.
    """
    owner = accounts.owner_of_user(user_id)
    case = store.read(owner) if owner else None
    if case is None or not case.is_open:
        raise NoOpenCase
    return _close(case, outcome, by)


def all_open() -> list[StreamCase]:
    """The open cases that can be read, the oldest first."""
    return _by_age(store.read_open(account_id for _, account_id in store.open_cases()))


def _by_age(cases: Iterable[StreamCase]) -> list[StreamCase]:
    return sorted(cases, key=lambda case: (case.opened_at, case.case_id))


def close_reversed(case: StreamCase) -> None:
    """Close a case whose user is back at Stream.

    Raises:
        Unavailable: another writer was first.
    """
    _close(case, CaseOutcome.REVERSED, _JOB)


def with_open_case(account_ids: Iterable[AccountId]) -> frozenset[AccountId]:
    """Those of some accounts that have an open case."""
    return frozenset(case.account_id for case in store.read_open(account_ids))


def history_of(case_id: StreamCaseId) -> Chain:
    """The history of a case in the Ledger."""
    return Chain(CHAIN, case_id)


def _close(case: StreamCase, outcome: CaseOutcome, by: str) -> StreamCase:
    now = clock.now()
    closed = case.model_copy(update={"closed_at": now, "outcome": outcome, "version": case.version + 1})
    _commit(store.moving(closed), closed, "closed", {"outcome": outcome, "by": by})
    return closed


def _commit(write: Write, case: StreamCase, event: str, said: dict[str, object], *more: Write) -> None:
    entry = NewEntry(event, said, delete_at=Period.AUDIT.ends(clock.now()))
    try:
        commit(write, chain.append_write(history_of(case.case_id), entry), *more)
    except (CaseMoved, HeadMoved, accounts.AccountGone):
        raise Unavailable from None
