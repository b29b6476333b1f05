"""The gate: the only way to an address for a message that is no service message (RGT-6, USE-5).

It reads at the time of sending, consistently, and never keeps what it read:

1. the account, its consents, objections and restrictions, in one read
2. the suppressions of its number and mailbox, under every version of the lookup key

A message that was planned before an objection is judged after it, and is not sent. What cannot be read counts
as a reason against the message.
"""

from dataclasses import dataclass

from chalicelib.accounts.model import Account
from chalicelib.accounts.profiles.service import PROFILE
from chalicelib.accounts.service import OPEN_ACCOUNT
from chalicelib.consents.marketing import links
from chalicelib.consents.marketing.links import Unsubscribable
from chalicelib.consents.marketing.model import NonServiceKind, Withheld
from chalicelib.consents.service import PURPOSES
from chalicelib.core import needs, observe
from chalicelib.core.ids import AccountId
from chalicelib.core.languages import language_of
from chalicelib.core.needs import Found
from chalicelib.core.sealing import SealingError
from chalicelib.messages.mail import WantedMailbox
from chalicelib.messages.suppressions import service as suppressions
from chalicelib.messages.suppressions.service import Addresses
from chalicelib.privacy.purposes import refusal
from chalicelib.privacy.subject_keys import DATA_KEY

__all__ = ["may_personalise_ads", "may_send"]


def may_send(account_id: AccountId, kind: NonServiceKind) -> WantedMailbox | Withheld:
    """The mailbox to which one message of a kind may be sent now, or the reason against it.

    Raises:
        Unavailable: a table does not answer; nothing may be sent.
    """
    judged = _judge(account_id, kind)
    if isinstance(judged, Withheld):
        return judged
    mailbox = judged.addresses.email
    if mailbox is None:
        return Withheld.NO_ADDRESS
    locale = judged.account.locale
    spoken = language_of(locale)
    link = links.link_for(Unsubscribable(account_id, suppressions.mark_of(mailbox), spoken))
    return WantedMailbox(mailbox, locale, kind.purposes[0], link, judged.found.read_at)


def may_personalise_ads(account_id: AccountId) -> Withheld | None:
    """The reason against advertisements that are chosen by a user's data, or None; as of now.

    Without it only advertisements without any data of the user may be shown (USE-11).

    Raises:
        Unavailable: as for `may_send`.
    """
    judged = _judge(account_id, NonServiceKind.ADVERTISEMENT)
    return judged if isinstance(judged, Withheld) else None


@dataclass(frozen=True, repr=False)
class _Judged:
    account: Account
    addresses: Addresses
    found: Found


def _judge(account_id: AccountId, kind: NonServiceKind) -> _Judged | Withheld:
    (found,) = needs.read_accounts([account_id], (OPEN_ACCOUNT, PROFILE, PURPOSES, DATA_KEY))
    try:
        account, profile, decisions = found[OPEN_ACCOUNT], found[PROFILE], found[PURPOSES]
    except SealingError as error:
        observe.record_unreadable("marketing_unreadable", error)
        return Withheld.UNREADABLE
    if account is None:
        return Withheld.NO_ACCOUNT
    if not account.is_active:
        return Withheld.NOT_ACTIVE
    for purpose in kind.purposes:
        if reason := refusal(decisions, purpose):
            return Withheld(reason.value)
    addresses = Addresses(account.phone, profile.email if profile else None)
    if suppressions.suppressed(addresses) & {*kind.purposes}:
        return Withheld.SUPPRESSED
    return _Judged(account, addresses, found)
