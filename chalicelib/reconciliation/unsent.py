"""Sends to Stream what it does not have, from the current state of marked rows (ADR 69).

Two functions do the same work. One reads the table's stream, so that Stream usually has a change within a
second. It asks for no record again, because the other one, each minute, works on all rows that are due.

Invariants:

- A mark is removed only after Stream took the state that was read with it, or refused it for good. The
  removal requires the mark's token, and of an account that its state and revocation are as they were sent.
- If that fails because the row was changed, or another worker removed the mark, all rows that were sent are
  marked anew: what this worker sent may have reached Stream after a newer state. That holds also for a row
  with another mark, which the sender of the newer state may be about to remove.
- What was tried and not taken waits, up to 15 minutes. What was not tried keeps its place.
- Each second row is a new one, and one that fails stops no other, unless Stream answers none of them.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Self, TypeAlias

from chalicelib.accounts import service as accounts
from chalicelib.accounts.avatars.service import AVATAR, AVATAR_MARK
from chalicelib.accounts.blocks.model import BlockList
from chalicelib.accounts.blocks.service import BLOCKS, BLOCKS_MARK
from chalicelib.accounts.model import Account
from chalicelib.accounts.profiles.service import PROFILE, PROFILE_MARK
from chalicelib.accounts.service import ACCOUNT_MARK, STORED_ACCOUNT
from chalicelib.core import clock, metrics, needs
from chalicelib.core.batches import batched, in_turn
from chalicelib.core.ids import AccountId, ConversationId
from chalicelib.core.metrics import Metric
from chalicelib.core.needs import NO_CLAIMS, NO_SESSION, Claims, Found, Need, Wanted
from chalicelib.core.sealing import skip_unreadable
from chalicelib.core.transactions import Write, commit
from chalicelib.people.conversations import channel_sync
from chalicelib.people.conversations.channel_sync import UnsentConversation
from chalicelib.privacy import unsent
from chalicelib.privacy.subject_keys import DATA_KEY
from chalicelib.privacy.unsent import MarkMoved, Subject, UnsentList, UnsentMark
from chalicelib.stream import line
from chalicelib.stream.line import Attempt, StreamLine
from chalicelib.stream.model import ChatProfile
from chalicelib.stream.users import sync

_AT_ONCE = 40  # of one call with profiles; their writes fit into one transaction
_READ_AT_ONCE = 20  # an account is five items of a batched read
_WRITES_AT_ONCE = 100
_ALONE_AFTER = 2  # attempts; one profile may be why Stream fails a call with several
_LEFT_TO_THE_STREAM = timedelta(seconds=15)  # so that two workers seldom work on the same row
_MOST_ECHOES = 1_000

# The writes of this container that are still to come as records of the table's stream, by subject.
_echoes: Counter[Subject] = Counter()


def send_changed(changes: Iterable[Mapping[str, Any]], until: datetime) -> None:
    """Send what records of the table's stream name, as far as it is not sent yet, until an instant.

    Raises:
        Unavailable: a table does not answer.
    """
    subjects = (subject for change in changes if (subject := unsent.subject_of_change(change)))
    with line.opened(until) as calls:
        for some in batched(dict.fromkeys(_caused_elsewhere(subjects)), _AT_ONCE):
            _echoes.update(_send(_read_all(some), calls))
            if not calls.is_open:
                break


def _caused_elsewhere(subjects: Iterable[Subject]) -> Iterator[Subject]:
    """Omit as many records of a subject as this container caused; what is omitted wrongly stays due."""
    if len(_echoes) > _MOST_ECHOES:
        _echoes.clear()
    for subject in subjects:
        if _echoes[subject]:
            _echoes[subject] -= 1
        else:
            del _echoes[subject]
            yield subject


def forget() -> None:
    """Reset to the state of a new container."""
    _echoes.clear()


def send_due(until: datetime) -> None:
    """Send what is due, until an instant, and emit the age of the oldest.

    Raises:
        Unavailable: a table does not answer.
    """
    now = clock.now()
    oldest = now
    with line.opened(until) as calls:
        for some in batched(_due(now), _AT_ONCE):
            rows = _read_all(dict.fromkeys(some))
            oldest = min([oldest, *(mark.since for one in rows for mark in one.marks.values())])
            _send(rows, calls)
            if not calls.is_open:
                break
    metrics.gauge(Metric.CHAT_SYNC_LAG, int((clock.now() - oldest).total_seconds()))


def _due(now: datetime) -> Iterator[Subject]:
    new = unsent.due(UnsentList.NEW, now - _LEFT_TO_THE_STREAM)
    return in_turn(new, unsent.due(UnsentList.AGAIN, now))


_MARKS = (ACCOUNT_MARK, PROFILE_MARK, AVATAR_MARK, BLOCKS_MARK)
_OF_USER = (PROFILE_MARK, AVATAR_MARK)  # rows that are sent as the user's profile
_NEEDS: tuple[Wanted[Any], ...] = (STORED_ACCOUNT, PROFILE, AVATAR, BLOCKS, DATA_KEY, *_MARKS)


@dataclass
class _AccountRows:
    """The rows of an account as they were read; those that cannot be opened are omitted and counted."""

    subject: AccountId
    marks: dict[Need[UnsentMark | None], UnsentMark]
    account: Account | None = None
    profile: ChatProfile | None = None  # of an active account
    blocks: BlockList | None = None  # of an active account
    user_sent: Attempt = Attempt.TAKEN
    blocks_sent: Attempt = Attempt.TAKEN

    @classmethod
    def of(cls, row: Found) -> Self:
        """Read the rows."""
        found = cls(row.claims.account_id, {need: mark for need in _MARKS if (mark := row[need])})
        with skip_unreadable("account_unreadable"):
            found.account = row[STORED_ACCOUNT]
        if (account := found.account) and account.is_active:
            if found.needs_user:
                with skip_unreadable("profile_unreadable"):
                    profile = row[PROFILE]
                    found.profile = sync.chat_profile(account, profile, row[AVATAR]) if profile else None
            if found.needs(BLOCKS_MARK):
                with skip_unreadable("blocks_unreadable"):
                    found.blocks = row[BLOCKS]
        return found

    def needs(self, *rows: Need[UnsentMark | None]) -> bool:
        """Return whether one of some rows has to be sent; a change of the account concerns all of them."""
        return any(mark in self.marks for mark in (*rows, ACCOUNT_MARK))

    @property
    def needs_user(self) -> bool:
        """Whether the user's profile at Stream has to be sent."""
        return self.needs(*_OF_USER)

    def send(self, calls: StreamLine) -> None:
        """Set the blocks of the user at Stream."""
        if self.account and self.blocks:
            send = partial(sync.send_blocks, self.account, self.blocks)
            self.blocks_sent = calls.attempt(send)

    def writes(self) -> list[Write]:
        """The writes that follow."""
        user, listed, account = self.user_sent, self.blocks_sent, self.account
        sent = {ACCOUNT_MARK: max(user, listed), **dict.fromkeys(_OF_USER, user), BLOCKS_MARK: listed}
        removals: dict[Need[UnsentMark | None], Write] = {
            need: accounts.sent(account, mark) if account and need is ACCOUNT_MARK else unsent.removal(mark)
            for need, mark in self.marks.items()
        }
        if account and self.needs_user and ACCOUNT_MARK not in self.marks:
            sent[ACCOUNT_MARK], removals[ACCOUNT_MARK] = user, accounts.sent(account, None)
        failed = [
            unsent.postponement(mark) for need, mark in self.marks.items() if sent[need] is Attempt.FAILED
        ]
        return [*failed, *(write for need, write in removals.items() if sent[need] is Attempt.TAKEN)]

    def follow(self) -> None:
        """Deactivate the user of an account that was erased while it was sent."""
        if self.account and self.account.is_active:
            sync.deactivate({self.subject: self.account.user_id})


@dataclass
class _ConversationRow:
    """A conversation as it was read."""

    subject: ConversationId
    found: UnsentConversation
    marks: dict[None, UnsentMark]
    sent: Attempt = Attempt.NOT_MADE

    def send(self, calls: StreamLine) -> None:
        """Make its channel match it."""
        self.sent = calls.attempt(partial(channel_sync.send, self.found.conversation))

    def writes(self) -> list[Write]:
        """The write that follows, if the conversation was tried."""
        match self.sent:
            case Attempt.TAKEN:
                return [channel_sync.sent(self.found, self.marks[None])]
            case Attempt.FAILED:
                return [unsent.postponement(self.marks[None])]
        return []

    def follow(self) -> None:
        """Let the channel of a conversation be deleted again that ended while it was sent."""
        if self.found.conversation.members:
            with suppress(MarkMoved):  # opened again: it gets a new mark
                commit(channel_sync.burial(self.found.conversation))


_Rows: TypeAlias = _AccountRows | _ConversationRow


def _read_all(subjects: Iterable[Subject]) -> list[_Rows]:
    """Read the marked rows of subjects. Marks that are not due were removed or postponed meanwhile."""
    rows = [row for some in batched(subjects, _READ_AT_ONCE) for row in _read(some)]
    return [row for row in rows if any(mark.is_due for mark in row.marks.values())]


def _read(subjects: list[Subject]) -> Iterator[_Rows]:
    talks = {
        one: channel_sync.unsent_conversation(one) for one in subjects if isinstance(one, ConversationId)
    }
    wanted: list[tuple[Claims, tuple[Wanted[Any], ...]]] = [
        (NO_CLAIMS, (talks[one],)) if isinstance(one, ConversationId) else (Claims(one, NO_SESSION), _NEEDS)
        for one in subjects
    ]
    for subject, row in zip(subjects, needs.read_each(wanted), strict=True):
        if isinstance(subject, AccountId):
            yield _AccountRows.of(row)
            continue
        with skip_unreadable("conversation_unreadable"):
            if (found := row[talks[subject]]) and found.mark:
                yield _ConversationRow(subject, found, {None: found.mark})


def _send(rows: list[_Rows], calls: StreamLine) -> list[Subject]:
    """Send rows and write what follows; return the subject of each row that was written."""
    users = [one for one in rows if isinstance(one, _AccountRows) and one.needs_user]
    alone = [one for one in users if max(mark.tries for mark in one.marks.values()) >= _ALONE_AFTER]
    for some in ([one for one in users if one not in alone], *([one] for one in alone)):
        if some:
            _send_users(some, calls)
    for one in rows:
        one.send(calls)
    return _settle(rows)


def _send_users(some: list[_AccountRows], calls: StreamLine) -> None:
    """Send profiles and revocations, or deactivate users, together."""
    wanted = {one.subject: one.profile for one in some if one.profile}
    read = {one.subject: one.account for one in some if one.account}
    failed: set[AccountId] = {*read}

    def send() -> bool:
        failed.intersection_update(sync.send(wanted, lambda: read))
        return not failed

    outcome = calls.attempt(send)
    for one in some:
        one.user_sent = outcome if one.subject in failed else Attempt.TAKEN
    metrics.count(Metric.CHAT_PROFILE_SKIPPED, len(some) - len(wanted))


def _settle(rows: list[_Rows]) -> list[Subject]:
    """Remove or postpone marks, in one transaction if nothing was changed meanwhile."""
    written, some = list[Subject](), list[tuple[_Rows, list[Write]]]()
    for one in rows:
        writes = one.writes()
        if sum(len(more) for _, more in some) + len(writes) > _WRITES_AT_ONCE:
            written += _commit(some)
            some = []
        if writes:
            some.append((one, writes))
    return [*written, *_commit(some)]


def _commit(some: list[tuple[_Rows, list[Write]]]) -> list[Subject]:
    """Do the writes of rows together, or those of each on its own if one was changed meanwhile."""
    if not some:
        return []
    try:
        commit(*(write for _, writes in some for write in writes))
    except MarkMoved as moved:
        if len(some) > 1:
            return [subject for one in some for subject in _commit([one])]
        _follow(some[0][0], moved)
        return []
    return [one.subject for one, writes in some for _ in zip(writes, one.marks, strict=False)]


def _follow(one: _Rows, moved: MarkMoved) -> None:
    """Mark all rows that were sent anew; a row that is gone needs what `follow` does."""
    if moved.found is None:
        one.follow()
    for mark in one.marks.values():
        with suppress(MarkMoved):
            commit(unsent.replacement(mark.place))
