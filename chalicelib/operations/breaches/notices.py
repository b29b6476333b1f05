"""Notifies the people whom a breach affects (Art. 34 GDPR, Art. 53 ZZPL).

The notices of a breach are a campaign (`messages/campaigns`). The audience decides its parts: the 64 shards
of live accounts, or the lists that operators recorded. The second round, a quarter of an hour later, covers
accounts that the index of live ones did not show yet; its counts are final. After a day without mail, the
app shows the notices that are left, and the mails stay due: the notices are complete once SES took or refused
each.

Frozen and restricted accounts are notified like all others: a law requires it. An erased account, and one
past the point of no return of its erasure, has no owner to notify.

The schedule counts open breaches, their deadlines and pending notices, and finds due work for the workers
(SEC-4). It reads states, instants and countries in clear, and opens no record.
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from chalicelib.accounts import service as accounts
from chalicelib.accounts.model import Account
from chalicelib.accounts.profiles.service import PROFILE
from chalicelib.accounts.service import OPEN_ACCOUNT
from chalicelib.consents.service import PURPOSES
from chalicelib.core import clock, needs
from chalicelib.core.clock import DAY, HOUR, MINUTE
from chalicelib.core.ids import AccountId, BreachId
from chalicelib.core.metrics import Metric
from chalicelib.core.needs import Found
from chalicelib.core.queues import DueShards
from chalicelib.core.sealing import SealingError
from chalicelib.messages.campaigns import run
from chalicelib.messages.campaigns.campaign import Campaign, Letter, NoticeRecipient
from chalicelib.messages.campaigns.model import CampaignKind, PartProgress, Rounds
from chalicelib.operations.breaches import store
from chalicelib.operations.breaches.letter import notice_mail
from chalicelib.operations.breaches.model import Breach, BreachProgress
from chalicelib.operations.breaches.words import Audience
from chalicelib.privacy.cases import CaseChanged
from chalicelib.privacy.purposes import Purpose, permits
from chalicelib.privacy.subject_keys import DATA_KEY
from chalicelib.staff.cases import CaseMove, Cases

UNTIL_NEXT_ROUND = 15 * MINUTE
ROUNDS = Rounds(2, until_next=UNTIL_NEXT_ROUND, until_repeated=UNTIL_NEXT_ROUND)
_MAIL_DEADLINE = DAY
_LIST = "list-"


def parts_of(breach: Breach) -> tuple[str, ...]:
    """The shards or lists of the audience of a breach."""
    if breach.audience is Audience.LISTED:
        return tuple(_list_name(number) for number in range(1, breach.lists + 1))
    return accounts.SHARDS


def progress_of(breach: Breach) -> dict[str, BreachProgress]:
    """The progress of those parts of a breach that a worker began."""
    return store.notifying(breach).read(parts_of(breach))


@dataclass(frozen=True)
class BreachFigures:
    """The figures of open breaches at an instant.

    Attributes:
        open: breaches that are not closed.
        overdue: deadlines of authorities that have passed without the notification.
        hours_to_deadline: until the nearest deadline, rounded down, so negative once one has passed; None
            if no notification is due.
        unnotified: breaches whose approved assessment says that people are notified, and they are not yet.
        unbegun: those of them of which no operator has begun the notices.
    """

    open: int
    overdue: int
    hours_to_deadline: int | None
    unnotified: int
    unbegun: int

    @classmethod
    def of(cls, breaches: Iterable[Breach], now: datetime) -> "BreachFigures":
        """Count breaches."""
        found = list(breaches)
        deadlines = [one.deadline for breach in found for one in breach.running if one.deadline]
        nearest = min(deadlines, default=None)
        unnotified = [breach for breach in found if breach.has_to_notify]
        return cls(
            open=len(found),
            overdue=sum(deadline < now for deadline in deadlines),
            hours_to_deadline=(nearest - now) // HOUR if nearest else None,
            unnotified=len(unnotified),
            unbegun=sum(breach.notices_from is None for breach in unnotified),
        )


def watch_open() -> tuple[BreachFigures, DueShards]:
    """Count open breaches, and find the parts of them whose accounts have to be notified.

    Raises:
        Unavailable: the table does not answer.
    """
    found = list(store.open_ones())
    being_notified = [breach for breach in found if breach.notices_from and breach.has_to_notify]
    return BreachFigures.of(found, clock.now()), run.find_due(map(campaign_of, being_notified))


def notify_part(breach_id: str, part: str, until: datetime) -> None:
    """Notify the accounts of a part, until an instant; a later run continues.

    It does nothing if there is no such breach, or its notices have not begun or are complete.

    Raises:
        Unavailable: a table does not answer. The lease ends by itself.
    """
    named = BreachId.parse(breach_id)
    breach = store.glance(named) if named else None
    if breach and breach.notices_from and breach.has_to_notify:
        run.notify_part(campaign_of(breach), part, until)


def campaign_of(breach: Breach) -> Campaign:
    """The campaign that notifies the audience of a breach."""
    return Campaign(
        kind=CampaignKind.BREACH,
        about=breach.breach_id,
        metric=Metric.BREACH_SUBJECT_NOTIFIED,
        rounds=ROUNDS,
        mail_deadline=_MAIL_DEADLINE,
        owes_mail=True,
        parts=parts_of(breach),
        progress=store.notifying(breach),
        page=partial(_page, breach),
        recipients=partial(_read_affected, breach),
        read_letter=partial(_read_letter, breach.breach_id),
        finish=partial(_finish, breach),
    )


def _read_letter(breach_id: BreachId) -> Letter:
    return partial(notice_mail, store.letters([breach_id])[breach_id])


def _page(breach: Breach, part: str, after: AccountId | None, at_most: int) -> list[AccountId]:
    if breach.audience is not Audience.LISTED:
        return accounts.live_accounts(part, after, at_most)
    found = store.read_list(breach.breach_id, int(part.removeprefix(_LIST)))
    return [one for one in (found.account_ids if found else ()) if one > (after or "")][:at_most]


def _read_affected(
    breach: Breach, account_ids: Iterable[AccountId]
) -> dict[AccountId, NoticeRecipient | None]:
    """Read how accounts can be reached; None: the breach does not concern one."""
    found: dict[AccountId, NoticeRecipient | None] = {}
    for row in needs.read_accounts(account_ids, (OPEN_ACCOUNT, PROFILE, DATA_KEY, PURPOSES)):
        account_id = row.claims.account_id
        try:
            if account := row[OPEN_ACCOUNT]:
                found[account_id] = _affected(breach, account, row)
        except SealingError:  # one that cannot be read counts as affected, and gets no mail
            found[account_id] = NoticeRecipient(account_id)
    return found


def _affected(breach: Breach, account: Account, row: Found) -> NoticeRecipient | None:
    profile, choices = row[PROFILE], row[PURPOSES]
    created_later = breach.notices_from and account.created_at > breach.notices_from
    country = profile.country if profile else None
    if created_later or (breach.audience is Audience.COUNTRY and country != breach.country):
        return None
    may_write = permits(choices, Purpose.LEGAL_OBLIGATION)
    address = profile.email if profile and may_write else None
    return NoticeRecipient(account.account_id, address, account.locale, choices, country)


def _finish(breach: Breach, by_part: Mapping[str, PartProgress]) -> None:
    """Delete the ids of complete lists, then record the end; a killed worker's successor repeats both.

    A list that an operator adds meanwhile is not complete, so its ids and the duty stay.
    """
    if breach.audience is Audience.LISTED:
        for number in range(breach.lists_done + 1, breach.lists + 1):
            progress = by_part.get(_list_name(number))
            if progress and ROUNDS.are_complete(progress):
                with suppress(CaseChanged):
                    store.drop_ids(breach.breach_id, number)
    Cases(store.BREACHES).apply(breach.breach_id, None, lambda current: _finished(current, by_part))


def _finished(breach: Breach, by_part: Mapping[str, PartProgress]) -> CaseMove[Breach] | None:
    """Record that everyone was notified, with the counts; None if a part is not complete."""
    if not breach.has_to_notify or not ROUNDS.are_all_complete(parts_of(breach), by_part):
        return None
    after = breach.model_copy(update={"notices_done_at": clock.now(), "lists_done": breach.lists})
    return CaseMove(after, "subjects_notified", run.totals(by_part))


def _list_name(number: int) -> str:
    return f"{_LIST}{number:04}"
