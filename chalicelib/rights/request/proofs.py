"""Which proofs show together that a request without a session comes from the account's owner (ADR 49).

One theft must not give two proofs. With an unlocked phone a thief has the number and a known device, so these
are one proof, and the mailbox is the other. The thief can also step up, and give the account a number or a
mailbox of their own. The owner is notified before that, and has time: neither proves anything for some days.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from chalicelib.accounts.model import Account, KnownDevice
from chalicelib.accounts.profiles.model import MAILBOX_SETTLES, Profile
from chalicelib.core import clock
from chalicelib.core.clock import HOUR
from chalicelib.core.settings import settings
from chalicelib.rights.request.model import IdentityProof

_OF_THE_PHONE = frozenset({IdentityProof.NUMBER, IdentityProof.DEVICE})


def are_two(proofs: Collection[IdentityProof]) -> bool:
    """Return whether these proofs are of two kinds: the mailbox, and the number or a known device."""
    return IdentityProof.MAILBOX in proofs and not _OF_THE_PHONE.isdisjoint(proofs)


def are_settled(account: Account, profile: Profile | None, received_at: datetime) -> bool:
    """Return whether number and mailbox of an account are old enough to be two proofs of a request.

    Neither was changed since the request was received: an earlier proof may be of another number or mailbox.
    A mailbox of which it is not known when it was added is older than that note.
    """
    if profile is None or profile.email is None:
        return False
    cooling = settings().erasure.recovery_hours * HOUR
    return _is_settled(account.number_changed_at, cooling, received_at) and _is_settled(
        profile.email_verified_at, MAILBOX_SETTLES, received_at
    )


def are_of_one_session(device: KnownDevice, profile: Profile | None) -> bool:
    """Return whether one session made the device known and added the mailbox."""
    return (
        device.session_id is not None and profile is not None and device.session_id == profile.email_session
    )


def _is_settled(since: datetime | None, least: timedelta, received_at: datetime) -> bool:
    return since is None or (since < received_at and since <= clock.now() - least)
