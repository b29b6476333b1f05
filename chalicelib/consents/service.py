"""The rules of consents (RGT-7, USE-4, USE-11).

Invariants:

- The state of a purpose and its newest event agree, because one transaction writes both. One exception: no
  entry can follow one that was tampered with. A withdrawal then takes effect without its event, which is
  stored beside the state until it can be put on record (ADR 13).
- A consent is given to the privacy notice that applies to the subject now. A withdrawal is never refused.
- Repeating a decision changes nothing and puts nothing on record.
- A decision applies from the next read on, because `privacy/purposes` decides by the item itself.
- A withdrawal deletes no data. The same write lists the purpose for deletion (`renewal`, ADR 28).

Failures: of two concurrent decisions, the later one is made again on the result of the other, a bounded
number of times. If a response is lost, the repeated request finds that it changes nothing.
"""

from chalicelib.accounts.model import Account
from chalicelib.consents import decision, evidence, records, store
from chalicelib.consents.decision import of_objection, of_withdrawal  # noqa: F401 - offered to other rooms
from chalicelib.consents.model import (
    GPC_REFUSES,
    Choice,
    ConsentDecision,
    ConsentState,
    Method,
    NoticeOutdated,
    Purposes,
)
from chalicelib.consents.notices import service as notices
from chalicelib.consents.notices.model import NoticeKind, NoticeVersion
from chalicelib.consents.notices.versions import Standing
from chalicelib.consents.records import RecordList, RecordReader
from chalicelib.consents.store import PURPOSES, DecidedMeanwhile  # noqa: F401 - offered to other rooms
from chalicelib.core import chain, clock, metrics
from chalicelib.core.errors import NotFound, Unavailable
from chalicelib.core.http import Cursor, GlobalPrivacyControl, invalid_cursor
from chalicelib.core.languages import Language
from chalicelib.core.transactions import commit
from chalicelib.messages.suppressions import service as suppressions
from chalicelib.messages.suppressions.model import DIRECT_MARKETING
from chalicelib.messages.suppressions.service import Addresses, SuppressionMoved
from chalicelib.privacy.purposes import Purpose
from chalicelib.privacy.subject_keys import SubjectKeys

# Tries of one decision; as many concurrent decisions of one subject all succeed.
TRIES = 8
# Entries of a history per page.
PAGE = 100


def choices(
    purpose: Purpose, asked: ConsentDecision, privacy: Standing, signal: GlobalPrivacyControl | None
) -> tuple[Choice, ...]:
    """The choices in a request: that of the subject, then those of the browser's signal.

    Raises:
        NoticeOutdated: the consent names a notice that does not apply now.
    """
    said = Choice(purpose, asked.state, _shown(asked, privacy))
    return (said, *refusals_of(signal)) if signal else (said,)


def is_limited(asked: ConsentDecision) -> bool:
    """Return whether a decision counts for the daily limit; a withdrawal is never refused.

    Repeated withdrawals store nothing more, until consent is given again.
    """
    return asked.state is ConsentState.GIVEN


def refusals_of(signal: GlobalPrivacyControl) -> tuple[Choice, ...]:
    """The choices that Global Privacy Control makes for undecided purposes."""
    if not signal.on:
        return ()
    return tuple(Choice(p, ConsentState.WITHDRAWN, method=Method.GPC) for p in GPC_REFUSES)


def decide(
    account: Account | None,
    before: Purposes | None,
    keys: SubjectKeys,
    *asked: Choice,
    mailbox: str | None = None,
) -> Purposes:
    """Apply choices and put them on record; choices that change nothing are not recorded.

    A consent to direct marketing also lifts the suppression of the account's number and mailbox.

    Args:
        account: The opened account, for its pseudonym and number.
        before: The decisions as the request read them.
        keys: The account's data keys.
        asked: The choices in order; either all of them apply, or none.
        mailbox: That of the profile, if there is one.

    Raises:
        NotFound: the account is erased.
        Unavailable: concurrent decisions won every time, or a consent could not be put on record.
    """
    if account is None:
        raise NotFound
    for _ in range(TRIES):
        made = decision.of_choices(account, before, keys, *asked)
        if not made.writes:
            return made.after
        wanted = [purpose for purpose in made.given if purpose in DIRECT_MARKETING]
        lifts = suppressions.lifting(Addresses(account.phone, mailbox), wanted) if wanted else []
        try:
            commit(*made.writes, *lifts)
        except (DecidedMeanwhile, SuppressionMoved):
            before = store.read(account.account_id)
        else:
            for metric, purpose in made.counts:
                metrics.count(metric, of=purpose)
            return made.after
    raise Unavailable


def history(
    account: Account | None,
    purpose: Purpose,
    cursor: Cursor | None,
    *,
    country: str | None,
    language: Language,
) -> RecordList:
    """Read the records of one purpose, newest first, from the Ledger, for their subject.

    Args:
        account: The opened account.
        purpose: The purpose.
        cursor: Where the page before ended.
        country: As the subject declared it; it selects the authority that the records name.
        language: In which the subject reads.

    Raises:
        InvalidRequest: the cursor was not issued here.
        NotFound: the account is erased.
    """
    if account is None:
        raise NotFound
    found, more = chain.page(evidence.chain_of(account.pseudonym), _number_of_cursor(cursor), PAGE)
    events = evidence.events_about(purpose, found)
    reader = RecordReader(account.user_id, country, language)
    items = tuple(records.record(event, reader, notices.published()) for event in events)
    return RecordList(items=items, next=str(more) if more else None)


def _shown(asked: ConsentDecision, privacy: Standing) -> NoticeVersion | None:
    """The version of the notice to put on record; a withdrawal may name any version, or none.

    Consent may be given to the notice that applies to the subject, or to the notice in effect that replaces
    it: an app may show the new notice before it was announced to this subject.

    Raises:
        NoticeOutdated: the consent names another notice.
    """
    if asked.state is ConsentState.WITHDRAWN:
        known = {notice.version for notice in notices.published() if notice.kind is NoticeKind.PRIVACY}
        return asked.notice_version if asked.notice_version in known else None
    current = privacy.current(clock.now()).version
    if asked.notice_version not in {current, notices.current(NoticeKind.PRIVACY).version}:
        raise NoticeOutdated(current=current)
    return asked.notice_version


def _number_of_cursor(cursor: Cursor | None) -> int | None:
    """The number in the chain that a cursor encodes; the page ends before it."""
    if cursor is None:
        return None
    if not (cursor.isascii() and cursor.isdecimal() and 1 < int(cursor) < 10**12):
        raise invalid_cursor()
    return int(cursor)
