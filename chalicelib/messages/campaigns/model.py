"""Notices to many accounts: what is stored about each account, each mail and each part of the accounts.

A part of the accounts is read in several rounds, page by page, by workers that may be killed. Its progress
record is leased (`privacy/leases`). A later round covers accounts that an earlier one could not see. A round
that left accounts out is repeated, and does not count.

    fewer accounts processed than read   the run ended: the next one continues after them
    full page                             more accounts may follow
    last page, accounts were left out     the round is repeated after `until_repeated`
    last page                             the round counts; the next one begins after `until_next`
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel

from chalicelib.core import clock
from chalicelib.core.clock import Instant
from chalicelib.core.ids import AccountId, MailId
from chalicelib.core.table_names import Table
from chalicelib.privacy import leases
from chalicelib.privacy.periods import UNTIL_ERASURE, After, Period
from chalicelib.privacy.personal import NOT_PERSONAL, Record
from chalicelib.privacy.purposes import LegalBasis, Purpose


class CampaignKind(StrEnum):
    """What mails to many accounts are about."""

    ANNOUNCEMENT = "announcement"  # of a version of the terms or the privacy policy
    BREACH = "breach"
    IDLE_WARNING = "idle_warning"  # not a campaign, but its mails come back in the same way
    REQUEST_WARNING = "request_warning"  # neither is it; of a request without a session, which `about` names


class NoticeChannel(StrEnum):
    """The channel by which a version is announced to an account."""

    EMAIL = "email"
    IN_APP = "in_app"


class NoticeState(StrEnum):
    """The state of a notice to an account."""

    WAITING = "waiting"  # SES did not accept the mail, so sending it again is safe
    SENDING = "sending"  # the mail is being passed to SES; after a crash it is unknown whether SES got it
    ANNOUNCED = "announced"  # SES accepted the mail, or the app shows the notice


class AccountNotice(
    Record,
    table=Table.ACCOUNTS,
    kind="account_notice",
    purpose=Purpose.LEGAL_OBLIGATION,
    basis=LegalBasis.LEGAL_OBLIGATION,
    retention=UNTIL_ERASURE,
):
    """A notice to the owner of an account: of a version before it applies, or of a breach.

    `about` names the version or the breach. An account gets at most one notice about each (NOT-1, SEC-4).
    """

    campaign: Annotated[CampaignKind, NOT_PERSONAL]
    about: Annotated[str, NOT_PERSONAL]
    state: Annotated[NoticeState, NOT_PERSONAL]
    channel: Annotated[NoticeChannel, NOT_PERSONAL]
    announced_at: Annotated[Instant | None, NOT_PERSONAL] = None
    mail_id: Annotated[MailId | None, NOT_PERSONAL] = None

    @classmethod
    def in_app(cls, campaign: CampaignKind, about: str) -> "AccountNotice":
        """Return the notice that the app shows from now on."""
        return cls(
            campaign=campaign,
            about=about,
            state=NoticeState.ANNOUNCED,
            channel=NoticeChannel.IN_APP,
            announced_at=clock.now(),
        )


class Delivery(
    Record,
    table=Table.CHALLENGES,
    kind="delivery",
    purpose=Purpose.LEGAL_OBLIGATION,
    basis=LegalBasis.LEGAL_OBLIGATION,
    retention=After(Period.MAIL_RETURN, since="sent_at"),
):
    """Maps a mail to the notice or the warning that it carries, in case it comes back.

    SES knows only the id of the mail, which is random. `about` is that of the notice; that of an idle account
    has none. `arrived_at`, `lost_at`: when SES reported that a mail about a request was delivered, or not.
    """

    mail_id: Annotated[MailId, NOT_PERSONAL]
    account_id: Annotated[AccountId, NOT_PERSONAL]
    campaign: Annotated[CampaignKind, NOT_PERSONAL]
    about: Annotated[str, NOT_PERSONAL] = ""
    sent_at: Annotated[Instant, NOT_PERSONAL]
    arrived_at: Annotated[Instant | None, NOT_PERSONAL] = None
    lost_at: Annotated[Instant | None, NOT_PERSONAL] = None


class PartProgress(BaseModel):
    """The fields of a progress record; each campaign declares a record class, with its own period.

    `fence` grows with every lease, so a worker with an older lease can no longer change the record. A lease
    that ended by itself is abandoned: its worker was killed. A page and its counts are written together, so
    each account is counted once in a round. `after` is None once a round has ended.
    """

    shard: Annotated[str, NOT_PERSONAL]
    touched_at: Annotated[Instant, NOT_PERSONAL]
    fence: Annotated[int, NOT_PERSONAL] = 0
    leased_until: Annotated[Instant | None, NOT_PERSONAL] = None
    after: Annotated[AccountId | None, NOT_PERSONAL] = None  # the last account that was processed
    mailed: Annotated[int, NOT_PERSONAL] = 0
    shown: Annotated[int, NOT_PERSONAL] = 0  # in the app
    absent: Annotated[int, NOT_PERSONAL] = 0  # erased since the page was read or listed
    left_out: Annotated[bool, NOT_PERSONAL] = False  # this round skipped accounts, whose notice waits
    stuck_since: Annotated[Instant | None, NOT_PERSONAL] = None  # when a round first skipped an account
    rounds: Annotated[int, NOT_PERSONAL] = 0  # complete passes over all accounts of the part
    round_ended_at: Annotated[Instant | None, NOT_PERSONAL] = None


_ROUND_OVER: Mapping[str, object] = {"after": None, "left_out": False, "leased_until": None}


@dataclass(frozen=True)
class Rounds:
    """The number of rounds, and the pauses between them."""

    number: int
    until_next: timedelta
    until_repeated: timedelta

    def are_complete(self, progress: PartProgress) -> bool:
        """Return whether the part needs no further round."""
        return progress.rounds >= self.number

    def are_all_complete(self, parts: Sequence[str], progress: Mapping[str, PartProgress]) -> bool:
        """Return whether no part needs a further round."""
        return all(part in progress and self.are_complete(progress[part]) for part in parts)

    def is_due(self, progress: PartProgress, now: datetime) -> bool:
        """Return whether a worker can lease the part and has accounts to process."""
        if self.are_complete(progress) or leases.is_leased(progress.leased_until, now + leases.SHARD_LEASE):
            return False
        if progress.after is not None or progress.leased_until is not None:
            return True  # a run ended, or was killed, in the middle of a round
        stuck = progress.stuck_since is not None
        paused_at = progress.touched_at if stuck else progress.round_ended_at
        pause = self.until_repeated if stuck else self.until_next
        # One in the future was set by a clock that had jumped ahead.
        return paused_at is None or not paused_at <= now < paused_at + pause


def changes_after(
    progress: PartProgress, page: Sequence[AccountId], processed: int, *, left_out: bool, maximum: int
) -> dict[str, object]:
    """Return how the progress changes after a page.

    Args:
        progress: as it was before the page.
        page: the accounts that were read, in the order of their ids.
        processed: the number of them that the run reached.
        left_out: one of these has to be processed again.
        maximum: the accounts of a full page.
    """
    now = clock.now()
    left_out = progress.left_out or left_out
    if processed < len(page):
        after = page[processed - 1] if processed else progress.after
        return {"after": after, "left_out": left_out, "leased_until": None}
    if len(page) == maximum:
        return {"after": page[-1], "left_out": left_out}
    if left_out:
        return {**_ROUND_OVER, "stuck_since": min(progress.stuck_since or now, now)}
    return {**_ROUND_OVER, "stuck_since": None, "rounds": progress.rounds + 1, "round_ended_at": now}
