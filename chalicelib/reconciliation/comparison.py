"""Compares all users of Stream with the accounts, page by page, over days (STR-1, STR-2, STR-3).

It finds what the worker of marks cannot know of (ADR 69): a name, picture or status that differs, a field or
push token that only a client can have set, blocks that differ, a user who is active although the account is
not, and a user who is deactivated although the account is active, such as one who was once taken for a user
without an account. The account is marked, so the worker sends its current state: the profile, which replaces
all fields, and the blocks, or it deactivates the user. Push tokens are deleted, and a user whose account is
active is reactivated before.

Invariants:

- Only ids that this system makes are looked up. Others, such as those of service users, are counted and never
  touched.
- A user whose claim names an account that does not exist is only counted: the account may have been lost.
- An account that is marked is not compared: the worker has something to send.
- A user with an open case (ADR 39) stays deactivated: an operator decides.
- A user of whom only the status differs is sent again, and does not count among those that a run may change:
  when the policy begins to describe hiding it, that is each user, and nothing of theirs is lost (ADR 111).
- Stream need not show blocks in a list of users. So it is asked for those of each user who blocks another,
  and of each whose blocks it shows.
- The pages are in the order of the ids. An answer in another order ends the run, so no user is skipped.
- The place in the pass is stored after the repairs of each page. So a killed run repeats one page.

A user of our form without an account is deactivated when it is first seen, and deleted if that stays so. Such
a user may be left by a restore of the tables, or by a mistake. A mistake of ours is as likely, so a user
is deleted only after 30 days in which no account had the id, and in which the user stayed deactivated. A
reactivation at Stream restarts that time.

- Such a user is deactivated before that is recorded. So a killed run deactivates the user again.
- The deletion is a repair like that of an erased user: planned as a row that is due, then taken further by
  each run, then checked after 1, 7, 30 and 90 days.
- It has no claim on its id. A claim that appears later ends the repair.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from chalicelib.accounts import service as accounts
from chalicelib.accounts.avatars.service import AVATAR, AVATAR_MARK
from chalicelib.accounts.blocks.model import BlockList
from chalicelib.accounts.blocks.service import BLOCKS, BLOCKS_MARK, wanted_at_stream
from chalicelib.accounts.model import Account
from chalicelib.accounts.profiles.model import Profile
from chalicelib.accounts.profiles.service import PROFILE, PROFILE_MARK
from chalicelib.accounts.service import ACCOUNT, ACCOUNT_MARK
from chalicelib.core import clock, metrics, needs, observe
from chalicelib.core.batches import batched
from chalicelib.core.clock import DAY
from chalicelib.core.ids import AccountId, UserId
from chalicelib.core.metrics import Metric
from chalicelib.core.needs import Found, Wanted
from chalicelib.core.sealing import skip_unreadable
from chalicelib.privacy.subject_keys import DATA_KEY
from chalicelib.reconciliation import store
from chalicelib.reconciliation.cases import service as cases
from chalicelib.reconciliation.model import StreamOrphan, deletion_from
from chalicelib.rights.erasure.model import StreamCheck
from chalicelib.stream import gateway
from chalicelib.stream.model import ChatProfile, FoundUser, StreamRefused, StreamReport, StreamUnavailable
from chalicelib.stream.users import access, sync

KEPT = 30 * DAY

_ACCOUNTS_AT_ONCE = 20  # of a batched read, with profile, avatar, blocks and data key
_MARKS = (ACCOUNT_MARK, PROFILE_MARK, AVATAR_MARK, BLOCKS_MARK)
_NEEDS: tuple[Wanted[Any], ...] = (ACCOUNT, PROFILE, AVATAR, BLOCKS, DATA_KEY, *_MARKS)


@dataclass(frozen=True)
class Orphans:
    """The users without an account on a page: how many there are, and those who need something."""

    number: int = 0
    to_deactivate: tuple[UserId, ...] = ()  # seen for the first time, or active again
    to_delete: tuple[UserId, ...] = ()  # deactivated for long enough, and no deletion is planned

    @property
    def to_change(self) -> int:
        """How many users a repair changes."""
        return len(self.to_deactivate) + len(self.to_delete)


@dataclass(frozen=True)
class ComparedPage:
    """What a page of Stream's users needs. `last`: the id after which the next page starts."""

    last: str
    users: int
    drifted: tuple[AccountId, ...]  # profile or blocks differ, or there are fields that are not ours
    statuses: tuple[AccountId, ...]  # whether they hide that they are online differs, and nothing else
    push_tokens: Mapping[UserId, tuple[str, ...]]  # of drifted users
    ended: tuple[AccountId, ...]  # the user is active, the account is not
    suspended: Mapping[AccountId, UserId]  # the user is deactivated, the account is active
    ownerless: int  # the claim names an account that does not exist, or was erased during the read
    orphans: Orphans  # of our form, and without a claim
    foreign: int  # not an id that we make

    @property
    def to_repair(self) -> list[AccountId]:
        """The accounts whose state has to be sent again."""
        return [*self.drifted, *self.statuses, *self.ended, *self.suspended]

    @property
    def to_change(self) -> int:
        """How many users a repair changes, besides statuses."""
        return len(self.to_repair) - len(self.statuses) + self.orphans.to_change


@dataclass
class _Found:
    drifted: list[AccountId] = field(default_factory=list)
    statuses: list[AccountId] = field(default_factory=list)
    push_tokens: dict[UserId, tuple[str, ...]] = field(default_factory=dict)
    ended: list[AccountId] = field(default_factory=list)
    suspended: dict[AccountId, UserId] = field(default_factory=dict)


def page_after(after: str) -> ComparedPage | None:
    """Compare the users whose ids follow an id; None if there are no more.

    Raises:
        StreamUnavailable, StreamRefused: Stream does not answer, or not in the order of ids.
        Unavailable: a table does not answer.
    """
    users = gateway.list_users(after)
    if not users:
        return None
    ours = {user_id: user for user in users if (user_id := UserId.parse(user.id)) and not user.is_deleted}
    claims = accounts.claims_of_users(ours)
    found = _Found()
    owned = {
        claim.account_id: ours[user_id] for user_id, claim in claims.items() if claim and claim.account_id
    }
    unread = set(owned)
    for account, profile, row in _stored(owned):
        unread.discard(account.account_id)
        if not any(row[mark] for mark in _MARKS):
            wanted = sync.chat_profile(account, profile, row[AVATAR])
            _compare(found, owned[account.account_id], account, wanted, _blocks_in(row))
    others = accounts.glances(unread) if unread else {}
    for account in filter(None, others.values()):
        _compare(found, owned[account.account_id], account, None, None)
    for account_id in cases.with_open_case(found.suspended):
        del found.suspended[account_id]
    deleted = sum(user.is_deleted for user in users)
    return ComparedPage(
        last=users[-1].id,
        users=len(users),
        drifted=tuple(found.drifted),
        statuses=tuple(found.statuses),
        push_tokens=found.push_tokens,
        ended=tuple(found.ended),
        suspended=found.suspended,
        ownerless=sum(account is None for account in others.values()),
        orphans=judge_orphans({one: user for one, user in ours.items() if one not in claims}),
        foreign=len(users) - len(ours) - deleted,
    )


def repair(page: ComparedPage) -> None:
    """Mark the accounts of a page whose state has to be sent again.

    Raises:
        StreamUnavailable: Stream does not answer.
        Unavailable: a table does not answer.
    """
    metrics.count(Metric.STREAM_USER_DRIFTED, len(page.drifted))
    metrics.count(Metric.STREAM_USER_ENDED, len(page.ended))
    metrics.count(Metric.STREAM_USER_RESUMED, len(page.suspended))
    settle_orphans(page.orphans)
    _resume(page.suspended.values())
    _delete_push_tokens(page.push_tokens)
    for account_id in page.to_repair:
        accounts.renew_mark(account_id)


def judge_orphans(users: Mapping[UserId, FoundUser]) -> Orphans:
    """Judge the users of a page that have no account. Nothing is changed."""
    if not users:
        return Orphans()
    known, now = store.read_orphans(users), clock.now()
    fresh = tuple(one for one, user in users.items() if one not in known or not user.is_deactivated)
    lapsed = {one for one, orphan in known.items() if orphan.first_seen_at + KEPT <= now}.difference(fresh)
    return Orphans(len(users), fresh, tuple(sorted(lapsed - store.read_planned(lapsed))))


def settle_orphans(orphans: Orphans) -> None:
    """Deactivate those who were seen first, and plan the deletion of those who stayed.

    Raises:
        StreamUnavailable: Stream does not answer; the page is compared again.
        Unavailable: a table does not answer.
    """
    now = clock.now()
    for user_id in orphans.to_deactivate:
        try:
            access.suspend(user_id, now)
        except StreamRefused as refused:
            observe.log_failure("orphan_refused", refused)
            metrics.count(Metric.CHAT_PROFILE_REFUSED)
            continue
        store.put_orphan(StreamOrphan(user_id=user_id, first_seen_at=now))
        metrics.count(Metric.STREAM_ORPHAN_DEACTIVATED)
    for user_id in orphans.to_delete:
        check = StreamCheck(user_id=user_id, counted_from=now, reported=StreamReport.UNCONFIRMED)
        if store.plan_repair(check.moved(deletion_from(now)), now):
            store.record_orphan()


def _resume(user_ids: Iterable[UserId]) -> None:
    for user_id in user_ids:
        try:
            access.resume(user_id)
        except StreamRefused as refused:  # it stops no other; the next pass tries it again
            observe.log_failure("resume_refused", refused)
            metrics.count(Metric.CHAT_PROFILE_REFUSED)


def _delete_push_tokens(found: Mapping[UserId, Iterable[str]]) -> None:
    for user_id, tokens in found.items():
        try:
            access.delete_push_tokens(user_id, tokens)
        except StreamRefused as refused:  # as above
            observe.log_failure("push_tokens_refused", refused)
            metrics.count(Metric.CHAT_PROFILE_REFUSED)


def _stored(owned: Iterable[AccountId]) -> Iterator[tuple[Account, Profile, Found]]:
    for some in batched(owned, _ACCOUNTS_AT_ONCE):
        for row in needs.read_accounts(some, _NEEDS):
            with skip_unreadable("profile_unreadable"):
                account, profile = row[ACCOUNT], row[PROFILE]
                if account and profile:
                    yield account, profile, row


def _blocks_in(row: Found) -> BlockList | None:
    """The blocks of an account; None if they cannot be opened, so they are not compared."""
    with skip_unreadable("blocks_unreadable"):
        return row[BLOCKS] or BlockList.empty(row.claims.account_id)
    return None


def _compare(
    found: _Found, user: FoundUser, account: Account, profile: ChatProfile | None, blocks: BlockList | None
) -> None:
    """Compare a user with the account, and with profile and blocks if those can be read."""
    if not account.is_active:
        if not user.is_deactivated:
            found.ended.append(account.account_id)
    elif user.is_deactivated:
        found.suspended[account.account_id] = account.user_id
    elif (profile and _differs(user, profile)) or (blocks and _blocks_differ(user, account, blocks)):
        found.drifted.append(account.account_id)
        if user.push_tokens:
            found.push_tokens[account.user_id] = user.push_tokens
    elif profile and profile.has_other_status(user):
        found.statuses.append(account.account_id)


def _differs(user: FoundUser, profile: ChatProfile) -> bool:
    if user.has_other_fields or user.push_tokens:
        return True
    return (user.name, user.image) != (profile.name, profile.image)


def _blocks_differ(user: FoundUser, account: Account, blocks: BlockList) -> bool:
    """Ask Stream for the blocks of a user, if there may be any, and compare them.

    An error of Stream's about one user does not stop the pass.

    Raises:
        StreamUnavailable: Stream is silent, limits the calls or refuses the credentials.
    """
    wanted: frozenset[str] = wanted_at_stream(blocks)
    stored = wanted
    if wanted or user.shows_blocks:
        try:
            with sync.count_refusal():
                stored = sync.blocked_users(account.user_id)
        except StreamUnavailable as error:
            if type(error) is not StreamUnavailable:
                raise
            observe.log_failure("blocks_unanswered", error)
    return stored != wanted
