"""The tokens of links to unsubscribe: opaque, without an end, and good for an objection only.

A token is sealed under a key of the vault. It names an account, the mailbox to which the mail went as a keyed
hash, and the language of the mail. It holds no personal value, and nothing can be read in it without the key.
So it works after the erasure of the account, and for the whole time for which mailboxes keep mails. If it
leaks, its holder can object in the reader's place; the reader can undo that by a consent.
"""

import base64
import binascii
import re
from dataclasses import dataclass

from chalicelib.core import keyring
from chalicelib.core.ids import AccountId, PathText
from chalicelib.core.languages import Language
from chalicelib.core.sealing import KEY_BYTES, Place, SealingError, SealingKeys
from chalicelib.core.settings import Secret, settings
from chalicelib.messages.suppressions.service import MailboxMark

_PLACE = Place("unsubscribe", "link")
_PATH = "/privacy/unsubscribe"


class UnsubscribeToken(PathText):
    """The last part of a link to unsubscribe."""

    __slots__ = ()
    pattern = re.compile(r"[0-9A-Za-z_-]{80,400}")


@dataclass(frozen=True)
class Unsubscribable:
    """What a link ends: marketing to an account and to a mailbox. `language`: that of the mail."""

    account_id: AccountId
    mark: MailboxMark
    language: Language


def link_for(what: Unsubscribable) -> str:
    """The address of the link."""
    return f"{settings().issuer}{_PATH}/{token_for(what)}"


def token_for(what: Unsubscribable) -> UnsubscribeToken:
    """The token of a link; each call makes another one."""
    plain = f"{what.account_id} {what.mark} {what.language}".encode()
    sealed = _keys().seal(plain, _PLACE)
    return UnsubscribeToken(base64.urlsafe_b64encode(sealed).rstrip(b"=").decode())


def opened(token: UnsubscribeToken) -> Unsubscribable | None:
    """What a token ends; None if we did not make it. It needs no table."""
    try:
        sealed = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        account_id, mark, language = _keys().open(sealed, _PLACE).decode().split(" ")
    except (SealingError, binascii.Error):  # no base64 has this length
        return None
    return Unsubscribable(AccountId(account_id), MailboxMark(mark), Language(language))


def _keys() -> SealingKeys:
    """Keys that follow from those of receipts, which are kept as long as a receipt works."""
    keys = keyring.mac_keys(Secret.RECEIPTS)

    def find(version: int) -> bytes | None:
        known = str(version) in keys.versions
        return keys.digest_under(str(version), "unsubscribe")[:KEY_BYTES] if known else None

    return SealingKeys(int(keys.current), find)
