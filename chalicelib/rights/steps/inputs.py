"""What the steps of an erasure know of its subject: before the point of no return and after it.

After the point of no return the address, the number and the pseudonym are in a row of Challenges, which a
duty extends while the erasure is not complete. If it expired nevertheless, it is captured again while the
account is still stored; the deletion of the records therefore begins with a look at it.
"""

from chalicelib.accounts.model import Account
from chalicelib.accounts.service import OPEN_STORED_ACCOUNT
from chalicelib.core import clock, needs
from chalicelib.core.clock import DAY
from chalicelib.core.needs import Need
from chalicelib.core.transactions import commit
from chalicelib.privacy.subject_keys import DATA_KEY
from chalicelib.profiles.service import READABLE_PROFILE
from chalicelib.rights.erasure import store
from chalicelib.rights.model import ErasureInputs, RightsRequest

# The duty `pin` extends the inputs two days before this ends, five days before they expire.
KEPT_AHEAD = 4 * DAY


class InputsGone(Exception):
    """What an erasure captured is not stored any more, nor is the account, so an operator has to act."""


def read_subject(request: RightsRequest, need: Need[Account | None]) -> tuple[Account | None, str | None]:
    """The opened account and its mailbox. A profile that cannot be opened must not block an erasure."""
    (row,) = needs.read_accounts([request.account_id], (need, READABLE_PROFILE, DATA_KEY))
    profile = row[READABLE_PROFILE]
    return row[need], profile.email if profile else None


def inputs_from(request: RightsRequest, account: Account, email: str | None) -> ErasureInputs:
    """What the steps need, to be stored."""
    return ErasureInputs(
        request_id=request.request_id,
        phone=account.phone,
        email=email,
        locale=account.locale,
        pseudonym=account.pseudonym,
        extended_at=clock.now(),
    )


def inputs_of(request: RightsRequest) -> ErasureInputs:
    """What an erasure captured.

    Raises:
        InputsGone: neither it nor the account is stored any more.
    """
    found = store.inputs_of(request.request_id)
    if found:
        return found
    account, email = read_subject(request, OPEN_STORED_ACCOUNT)
    if account is None:
        raise InputsGone
    again = inputs_from(request, account, email)
    commit(store.keeping_inputs(again))
    return again


def extend_inputs(request: RightsRequest) -> None:
    """Keep what an erasure captured for another period.

    Raises:
        InputsGone: as for `inputs_of`.
    """
    inputs_of(request)
    store.extend_inputs(request.request_id)
