"""A mailbox that may get one mail that is no service message, and the link that ends such mail."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from chalicelib.core import clock
from chalicelib.core.clock import MINUTE
from chalicelib.core.languages import language_of
from chalicelib.core.phrases import in_script
from chalicelib.privacy.purposes import Purpose

# A decision of the subject may be newer. A sender has to ask again for each mail, and not keep the answer.
_VALID = MINUTE

_UNSUBSCRIBE: Mapping[str, str] = {
    "en": "No more of these mails: {}",
    "sr": "Ne želite više ove poruke: {}",
}


@dataclass(frozen=True, repr=False)
class WantedMailbox:
    """A mailbox whose owner wants mail for a purpose. Only the gate of marketing makes one (a test compares).

    Attributes:
        mailbox: the address.
        locale: the reader's language.
        purpose: what the mail may be for.
        unsubscribe: the link by which the reader objects in one click (RFC 8058).
        judged_at: an instant before the subject's decisions were read.
    """

    mailbox: str
    locale: str | None
    purpose: Purpose
    unsubscribe: str
    judged_at: datetime

    @property
    def is_current(self) -> bool:
        """Whether the decisions were read so recently that the mail may be sent."""
        return clock.now() < self.judged_at + _VALID

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers by which a mail program offers to unsubscribe (RFC 8058)."""
        return {
            "List-Unsubscribe": f"<{self.unsubscribe}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        }

    @property
    def farewell(self) -> str:
        """The last line of the mail, with the link."""
        language = language_of(self.locale)
        line = in_script(_UNSUBSCRIBE["sr"], language) if language.is_serbian else _UNSUBSCRIBE["en"]
        return line.format(self.unsubscribe)
