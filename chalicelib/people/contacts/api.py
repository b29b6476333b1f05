"""Routes of contacts, their codes and invitations."""

from chalice.app import Blueprint

from chalicelib.accounts.blocks.service import PEER, require_peer
from chalicelib.accounts.profiles.model import PublicProfile
from chalicelib.accounts.sessions.caller import Caller
from chalicelib.consents.model import NotOffered, PurposeNotPermitted
from chalicelib.consents.service import PURPOSES
from chalicelib.core.contract_words import LimitName
from chalicelib.core.errors import IdempotencyMismatch, NotFound, TooMany, Unavailable
from chalicelib.core.http import (
    Accepted,
    ClientAddress,
    Created,
    Cursor,
    DailyLimit,
    NoContent,
    Ok,
    PageSize,
    PublicPage,
    Unlimited,
    route,
)
from chalicelib.core.idempotency import IdempotencyKey
from chalicelib.core.ids import InvitationId, UserId
from chalicelib.core.page import POLICY
from chalicelib.core.settings import settings
from chalicelib.people.contacts import invitations, service
from chalicelib.people.contacts.codes import service as codes
from chalicelib.people.contacts.codes.service import CODE
from chalicelib.people.contacts.matching import service as matching
from chalicelib.people.contacts.matching.model import MatchedContacts, NumbersToMatch
from chalicelib.people.contacts.model import (
    ContactCodeReplaced,
    ContactLimitReached,
    ContactLink,
    ContactList,
    GivenCode,
    InvitationAnswer,
    InvitationList,
    NewInvitation,
    WrongContactCode,
)

contacts = Blueprint(__name__)

_CODES = DailyLimit(LimitName.CONTACT_CODES, lambda: settings().limits.contact_codes_day)
_ATTEMPTS = DailyLimit(LimitName.CONTACT_ATTEMPTS, lambda: settings().limits.contact_attempts_day)
_INVITATIONS = DailyLimit(LimitName.INVITATIONS, lambda: settings().limits.invitations_day)
_DECISION = Unlimited("It decides about one invitation, and those are limited")


@route(contacts, "GET", "/c")
def get_contact_page() -> PublicPage:
    """Get the page behind the link of a contact code.

    The link has the code after `#`, which a browser does not send. The page names no user.
    """
    return PublicPage(markup=codes.contact_page(), policy=POLICY)


@route(
    contacts,
    "POST",
    "/v1/contact-codes",
    needs=(CODE,),
    limit=_CODES,
    problems=(NotFound, ContactCodeReplaced, Unavailable),
)
def make_contact_code(caller: Caller, key: IdempotencyKey | None) -> Created[ContactLink]:
    """Make a contact code, valid for seven days. It replaces the caller's current one.

    Anyone who has the code can become a contact. Nothing but this response contains it.
    """
    made = codes.make(caller.account.account_id, caller[CODE], key)
    return Created(made, location="/v1/contact-codes")


@route(
    contacts,
    "DELETE",
    "/v1/contact-codes",
    needs=(CODE,),
    limit=Unlimited("It withdraws one code, and codes are limited"),
    problems=(Unavailable,),
)
def withdraw_contact_code(caller: Caller) -> NoContent:
    """Withdraw the caller's contact code, if there is one."""
    codes.withdraw(caller.account.account_id, caller[CODE])
    return NoContent()


@route(
    contacts,
    "POST",
    "/v1/contacts",
    needs=PEER,
    limit=_ATTEMPTS,
    problems=(WrongContactCode, ContactLimitReached, IdempotencyMismatch, Unavailable),
)
def add_contact(
    caller: Caller, body: GivenCode, key: IdempotencyKey | None
) -> Created[PublicProfile] | Ok[PublicProfile]:
    """Become a contact of the user who gave the caller a code. 200: they are contacts already.

    A code that is wrong, replaced, withdrawn or expired, and one whose owner cannot be met, get the same 404
    `wrong_contact_code`.
    """
    codes.check_repeat(caller.account.account_id, key, body)
    met = service.add_by_code(require_peer(caller.found), body)
    place = f"/v1/contacts/{met.profile.user_id}"
    return Created(met.profile, location=place) if met.is_new else Ok(met.profile)


@route(contacts, "GET", "/v1/contacts", needs=PEER)
def list_contacts(caller: Caller, cursor: Cursor | None, size: PageSize) -> ContactList:
    """List the caller's contacts. Those whose accounts are frozen or restricted are left out."""
    return service.listed(require_peer(caller.found), cursor, size)


@route(
    contacts,
    "POST",
    "/v1/contacts/match",
    needs=(*PEER, PURPOSES),
    limit=Unlimited("Each number costs one of an allowance that is refilled in seven days"),
    problems=(NotOffered, PurposeNotPermitted, TooMany, Unavailable),
)
def match_contacts(caller: Caller, body: NumbersToMatch, address: ClientAddress) -> MatchedContacts:
    """Find users by the numbers of the caller's address book, with the consent `contact_matching`.

    Send only numbers that were not matched lately: each one counts, and nothing of them is stored. Names are
    refused. The answer has users who set `discoverable`, at most 20; they do not learn that they were found.
    A match is a suggestion: send an invitation, or have a contact code given.
    """
    return matching.match(require_peer(caller.found), caller[PURPOSES], body, address)


@route(
    contacts,
    "DELETE",
    "/v1/contacts/{user_id}",
    needs=PEER,
    limit=Unlimited("It ends something, and contacts are limited"),
    problems=(Unavailable,),
)
def end_contact(caller: Caller, user_id: UserId) -> NoContent:
    """End a contact, on both sides. Neither user is notified."""
    service.end(require_peer(caller.found), user_id)
    return NoContent()


@route(
    contacts,
    "POST",
    "/v1/invitations",
    needs=PEER,
    limit=_INVITATIONS,
    problems=(IdempotencyMismatch, Unavailable),
)
def invite(caller: Caller, body: NewInvitation, key: IdempotencyKey | None) -> Accepted[InvitationAnswer]:
    """Invite a user to become a contact. An invitation has no message and ends after 30 days.

    The response is the same whether or not the user exists, can be met, or was invited before.
    """
    codes.check_repeat(caller.account.account_id, key, body)
    invitations.send(require_peer(caller.found), body.user_id)
    return Accepted(InvitationAnswer())


@route(contacts, "GET", "/v1/invitations", needs=PEER)
def list_invitations(caller: Caller, cursor: Cursor | None, size: PageSize) -> InvitationList:
    """List the pending invitations that the caller received, newest first."""
    return invitations.listed(require_peer(caller.found), cursor, size)


@route(
    contacts,
    "POST",
    "/v1/invitations/{invitation_id}/accept",
    needs=PEER,
    limit=_DECISION,
    problems=(ContactLimitReached, Unavailable),
)
def accept_invitation(caller: Caller, invitation_id: InvitationId) -> PublicProfile:
    """Accept an invitation: the caller and the sender become contacts."""
    return invitations.accept(require_peer(caller.found), invitation_id)


@route(
    contacts,
    "POST",
    "/v1/invitations/{invitation_id}/decline",
    needs=PEER,
    limit=_DECISION,
    problems=(Unavailable,),
)
def decline_invitation(caller: Caller, invitation_id: InvitationId) -> NoContent:
    """Decline an invitation. Its sender is not notified, and cannot invite the caller again until it ends."""
    invitations.decline(require_peer(caller.found), invitation_id)
    return NoContent()
