"""The gate: the only way to an address for a message that is no service message (RGT-6, USE-5).

It reads at the time of sending, consistently, and never keeps what it read:

1. the account, its consents, objections and restrictions, in one read
2. the suppressions of its number and mailbox, under every version of the lookup key

What cannot be read counts as a reason against the message. A consent counts only while a practice of the
privacy policy in effect uses it: none does yet, since nothing sends marketing. A campaign is a list of
accounts; each mail of it passes the gate when it is sent. So an objection stops every mail that SES does not
have yet.
"""

from dataclasses import dataclass
from enum import Enum, StrEnum

from chalicelib.accounts.model import Account
from chalicelib.accounts.profiles.service import PROFILE
from chalicelib.accounts.service import OPEN_ACCOUNT
from chalicelib.consents import links
from chalicelib.consents.links import Unsubscribable
from chalicelib.consents.notices.service import offered
from chalicelib.consents.service import PURPOSES
from chalicelib.core import metrics, needs, observe
from chalicelib.core.ids import AccountId, MailId
from chalicelib.core.languages import language_of
from chalicelib.core.metrics import Metric
from chalicelib.core.needs import Found
from chalicelib.core.sealing import SealingError
from chalicelib.messages import mail
from chalicelib.messages.letters import Letters, compose
from chalicelib.messages.mail import WantedMailbox
from chalicelib.messages.suppressions import service as suppressions
from chalicelib.messages.suppressions.service import Addresses
from chalicelib.privacy.purposes import Purpose, Refusal, refusal
from chalicelib.privacy.subject_keys import DATA_KEY

__all__ = ["NonServiceKind", "Withheld", "may_personalise_ads", "may_send", "send_marketing"]


class NonServiceKind(Enum):
    """A closed list: nothing else may be sent that is no service message. The value: its purposes.

    The first one is that of the message; all of them have to be permitted.
    """

    NEWS = (Purpose.MARKETING,)
    PERSONALISED_NEWS = (Purpose.MARKETING, Purpose.PERSONALISED_ADS)
    ADVERTISEMENT = (Purpose.PERSONALISED_ADS,)  # in the app, and who is in an audience of one

    def __init__(self, *purposes: Purpose) -> None:
        self.purposes = purposes


class Withheld(StrEnum):
    """Why a message is not sent, or advertisements are not personalised."""

    NO_ACCOUNT = "no_account"  # or one that is being erased
    NOT_ACTIVE = "not_active"  # frozen or restricted
    RESTRICTED = Refusal.RESTRICTED.value
    OBJECTED = Refusal.OBJECTED.value
    NO_CONSENT = Refusal.NO_CONSENT.value
    SUPPRESSED = "suppressed"  # the number or the mailbox is suppressed
    NO_ADDRESS = "no_address"
    UNREADABLE = "unreadable"  # a record cannot be opened, so a decision may be unknown


def send_marketing(
    account_id: AccountId, letters: Letters, kind: NonServiceKind = NonServiceKind.NEWS
) -> Withheld | None:
    """Send a mail to an account, once, or return the reason against it.

    Args:
        account_id: the account.
        letters: the texts, which contain no personal data.
        kind: what the mail is.

    Raises:
        Unavailable: a table does not answer; nothing was sent.
        MailRefused, MailUnavailable, MailInDoubt: see `messages/mail`.
    """
    to = may_send(account_id, kind)
    if isinstance(to, Withheld):
        metrics.count(Metric.MARKETING_WITHHELD)
        return to
    mail.send_wanted(compose(letters, MailId.new(), to.mailbox, to.locale, {}), to)
    return None


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
        if reason := refusal(decisions, purpose, offered()):
            return Withheld(reason.value)
    addresses = Addresses(account.phone, profile.email if profile else None)
    if suppressions.suppressed(addresses) & {*kind.purposes}:
        return Withheld.SUPPRESSED
    return _Judged(account, addresses, found)
