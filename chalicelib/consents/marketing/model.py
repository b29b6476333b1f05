"""The kinds of messages that are no service messages, and the reasons against sending one."""

from enum import Enum, StrEnum

from chalicelib.privacy.purposes import Purpose, Refusal


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
