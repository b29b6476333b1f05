"""A subject's decisions about purposes, written as the store of consents writes them."""

from datetime import datetime
from typing import Any

from chalicelib.consents import store
from chalicelib.consents.model import Consent, ConsentState, Purposes
from chalicelib.core import clock, needs, table
from chalicelib.core.clock import DAY
from chalicelib.core.ids import AccountId
from chalicelib.core.table import Table
from chalicelib.privacy import codec
from chalicelib.privacy.purposes import Purpose
from chalicelib.privacy.subject_keys import DATA_KEY


def decide(
    account: str, *, consents: tuple[Purpose, ...] = (), since: datetime | None = None, **more: Any
) -> None:
    """Replace an account's choices; consents are old enough to cover every event."""
    account_id, since = AccountId(account), since or clock.now() - 40 * DAY
    given = {purpose: Consent(state=ConsentState.GIVEN, since=since) for purpose in consents}
    choices = Purposes(account_id=account_id, consents=given, **more)
    (found,) = needs.read_accounts([account_id], (DATA_KEY,))
    place = store.key(account_id)
    table.put_all(Table.ACCOUNTS, [(place, codec.to_item(choices, place, found[DATA_KEY]))])
