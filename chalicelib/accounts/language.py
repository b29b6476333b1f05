"""The language of an account's owner, as a need of routes (`core/needs`)."""

from typing import Any

from chalicelib.accounts.store import OPEN_ACCOUNT
from chalicelib.core import observe
from chalicelib.core.languages import Language, language_of
from chalicelib.core.needs import Found, Need
from chalicelib.core.sealing import SealingError


def _language_if_readable(item: dict[str, Any] | None, found: Found) -> Language:
    try:
        account = OPEN_ACCOUNT.read(item, found)
    except SealingError as error:
        observe.record_unreadable("account_unreadable", error)
        account = None
    return language_of(account.locale if account else None)


# For rights requests, which an altered account must not prevent; needs DATA_KEY too.
LANGUAGE = Need(OPEN_ACCOUNT.key, _language_if_readable)
