"""All DynamoDB access of guests: what a request asks for, by the challenge of its code.

guest#<challenge>#<second>    the draft, by the instant at which the challenge was created

A challenge gets the same id a day later, by the same Idempotency-Key, but not the same draft.
"""

from contextlib import suppress

from chalicelib.accounts.challenges.model import Challenge
from chalicelib.core import clock, table
from chalicelib.core.table import Conflict, Create, Key, Table
from chalicelib.privacy import codec
from chalicelib.rights.guests.model import GuestDraft


class DraftExists(Conflict):
    """The same request, repeated with its Idempotency-Key, stored the draft before."""


def keep_draft(challenge: Challenge, draft: GuestDraft) -> None:
    """Store a draft, unless an earlier call did.

    Raises:
        Unavailable: DynamoDB does not answer.
    """
    key = _key(challenge)
    with suppress(DraftExists):
        table.write(Create(key, codec.to_item(draft, key), conflict=DraftExists))


def draft_of(challenge: Challenge) -> GuestDraft | None:
    """The draft of a challenge; None if there is none, or it has expired."""
    return codec.read(GuestDraft, _key(challenge))


def _key(challenge: Challenge) -> Key:
    return Key(Table.CHALLENGES, f"guest#{challenge.challenge_id}#{clock.to_epoch(challenge.created_at)}")
