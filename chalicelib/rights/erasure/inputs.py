"""The inputs of an erasure: what its steps know of the subject after the point of no return.

They are the address, the number, the username, the locale and the pseudonym, in an item of Challenges that a
duty extends while the erasure is open. If they expired nevertheless, they are captured again while the
account is still stored. The deletion of the records therefore begins by ensuring that they are stored.
"""

from chalicelib.accounts.model import Account
from chalicelib.accounts.profiles.model import Profile
from chalicelib.accounts.profiles.service import READABLE_PROFILE
from chalicelib.accounts.service import OPEN_STORED_ACCOUNT
from chalicelib.core import clock, needs
from chalicelib.core.clock import DAY
from chalicelib.core.needs import Need
from chalicelib.core.transactions import commit
from chalicelib.privacy.subject_keys import DATA_KEY
from chalicelib.rights.erasure import store
from chalicelib.rights.erasure.model import ErasureInputs
from chalicelib.rights.request.model import RightsRequest

# The duty `pin` extends the inputs two days before this ends, five days before they expire.
KEPT_AHEAD = 4 * DAY


class InputsGone(Exception):
    """Neither the inputs of an erasure nor the account are stored any more, so an operator has to act."""


def read_with_profile(
    request: RightsRequest, need: Need[Account | None]
) -> tuple[Account | None, Profile | None]:
    """The opened account and profile. A profile that cannot be opened must not block an erasure."""
    (row,) = needs.read_accounts([request.account_id], (need, READABLE_PROFILE, DATA_KEY))
    return row[need], row[READABLE_PROFILE]


def read_subject(request: RightsRequest, need: Need[Account | None]) -> tuple[Account | None, str | None]:
    """The opened account and its mailbox, as `read_with_profile`."""
    account, profile = read_with_profile(request, need)
    return account, profile.email if profile else None


def inputs_from(request: RightsRequest, account: Account, profile: Profile | None) -> ErasureInputs:
    """The inputs of an erasure, as they are stored."""
    return ErasureInputs(
        request_id=request.request_id,
        phone=account.phone,
        email=profile.email if profile else None,
        username=profile.username if profile else None,
        locale=account.locale,
        pseudonym=account.pseudonym,
        extended_at=clock.now(),
    )


def ensure_inputs(request: RightsRequest) -> ErasureInputs:
    """Return the inputs of an erasure after its point of no return; capture them again if they expired.

    Raises:
        InputsGone: neither they nor the account are stored any more.
    """
    found = store.inputs_of(request.request_id)
    if found:
        return found
    account, profile = read_with_profile(request, OPEN_STORED_ACCOUNT)
    if account is None:
        raise InputsGone
    again = inputs_from(request, account, profile)
    commit(store.keeping_inputs(again))
    return again


def extend_inputs(request: RightsRequest) -> None:
    """Keep the inputs of an erasure for another period.

    Raises:
        InputsGone: as for `ensure_inputs`.
    """
    store.extend_inputs(ensure_inputs(request))
