"""Who may be pushed something now, by our own rows: their state, choices, blocks and tokens.

A restriction, an objection, a block, a freeze or a choice holds from the next push on, because all rows are
read for each push, in consistent batches.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from chalicelib.accounts.blocks import service as blocks
from chalicelib.accounts.blocks.service import PEER, Peer
from chalicelib.accounts.model import Account
from chalicelib.accounts.push_tokens import service as push_tokens
from chalicelib.accounts.push_tokens.model import PushDevices, PushToken
from chalicelib.accounts.push_tokens.service import PUSH_DEVICES
from chalicelib.accounts.sessions import liveness as sessions
from chalicelib.consents.model import Purposes
from chalicelib.consents.service import PURPOSES
from chalicelib.core import needs
from chalicelib.core.batches import batched
from chalicelib.core.ids import AccountId
from chalicelib.core.needs import Found, Wanted
from chalicelib.core.sealing import skip_unreadable
from chalicelib.privacy.purposes import permits
from chalicelib.push.model import NotificationChoices, PushKind
from chalicelib.push.store import CHOICES

# Six items of a batched read of a hundred, so that the members of the largest group take three.
NEEDS: tuple[Wanted[Any], ...] = (*PEER, PURPOSES, PUSH_DEVICES, CHOICES)
AT_ONCE = 16
# Kinds that also reach an account that is frozen or restricted: its owner uses the rights.
_IN_ANY_STATE = frozenset({PushKind.SECURITY, PushKind.RIGHTS, PushKind.SAFETY})


@dataclass(frozen=True, repr=False)
class PushRecipient:
    """An account with tokens, as it was read for one push."""

    peer: Peer
    devices: PushDevices
    purposes: Purposes | None
    choices: NotificationChoices

    @classmethod
    def of(cls, row: Found) -> Self | None:
        """Read the needs of an account; None if it is erased or has no token.

        Raises:
            SealingError: a row cannot be opened, so nothing is pushed to this account.
        """
        peer = blocks.peer_of(row)
        devices = row[PUSH_DEVICES] if peer else None
        if peer is None or devices is None:
            return None
        choices = row[CHOICES] or NotificationChoices.none(peer.account.account_id)
        return cls(peer, devices, row[PURPOSES], choices)

    @property
    def account(self) -> Account:
        """The account."""
        return self.peer.account

    def permits(self, kind: PushKind, at: datetime) -> bool:
        """Return whether the account may be pushed a kind now."""
        is_reached = self.account.is_active or kind in _IN_ANY_STATE
        return is_reached and permits(self.purposes, kind.purpose) and self.choices.permit(kind, at)


def read(account_ids: Iterable[AccountId]) -> list[PushRecipient]:
    """Read accounts, 16 at a time; omit those without tokens, and those that cannot be opened."""
    found = list[PushRecipient]()
    for some in batched(account_ids, AT_ONCE):
        found += opened(needs.read_accounts(some, NEEDS))
    return found


def opened(rows: Iterable[Found]) -> Iterable[PushRecipient]:
    """Yield those of some accounts that can be opened and have tokens."""
    for row in rows:
        with skip_unreadable("push_recipient_unreadable"):
            if one := PushRecipient.of(row):
                yield one


def tokens_of(recipients: Iterable[PushRecipient]) -> dict[AccountId, tuple[PushToken, ...]]:
    """The tokens of accounts whose sessions are live."""
    return push_tokens.usable(((one.account, one.devices) for one in recipients), sessions.live_among)
