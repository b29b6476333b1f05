"""The account that has a number or mailbox by which a person without a session reaches us (RGT-11)."""

from typing import Any

from chalicelib.accounts import service as accounts
from chalicelib.accounts.challenges.numbers import mobile_number
from chalicelib.accounts.model import Account
from chalicelib.core.ids import AccountId
from chalicelib.core.needs import Found, Wanted
from chalicelib.messages.model import mailbox
from chalicelib.privacy.controller import CONTROLLER
from chalicelib.rights.request.model import GuestContact


def contact_of(phone: str | None, email: str | None, locale: str | None = None) -> GuestContact:
    """The contact that an operator gave: a number, else a mailbox.

    A number without a country code, such as `060 123 4567`, is one of our country: so people write theirs.

    Raises:
        InvalidPhone, InvalidEmail: it is malformed.
    """
    if phone:
        return GuestContact(phone=mobile_number(phone, CONTROLLER.country), locale=locale)
    return GuestContact(email=mailbox(email or ""), locale=locale)


def owner_of(contact: GuestContact) -> AccountId | None:
    """The id of the account that has a contact; it may be frozen for its erasure."""
    if contact.phone:
        return accounts.owner_of_phone(contact.phone)
    return accounts.owner_of_email(str(contact.email))


def account_of(contact: GuestContact, *more: Wanted[Any]) -> tuple[Account, Found] | None:
    """The account that has a contact, and other needs in the same read; None as for `read_owner`."""
    return accounts.read_owner(owner_of(contact), *more)


def account_of_former_number(contact: GuestContact, *more: Wanted[Any]) -> tuple[Account, Found] | None:
    """The account that had a number until some days ago; None for a mailbox. As `account_of`.

    For operators: a thief may have changed the number, and its owner may know no other.
    """
    return (
        accounts.read_owner(accounts.owner_of_former_phone(contact.phone), *more) if contact.phone else None
    )


def is_of_two(contact: GuestContact) -> bool:
    """Return whether an account has a number that another one had until some days ago."""
    now, before = owner_of(contact), accounts.owner_of_former_phone(contact.phone) if contact.phone else None
    return now is not None and before is not None and now != before
