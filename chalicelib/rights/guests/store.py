"""All DynamoDB access of guests: what a request asks for, by the challenge of its code.

guest#<challenge>    the draft

A challenge gets the same id a day later, by the same Idempotency-Key. So a draft belongs to the challenge
that was created at the same instant, and replaces an older one.
"""

from contextlib import suppress

from chalicelib.accounts.challenges.model import Challenge
from chalicelib.core import clock, table
from chalicelib.core.ids import ChallengeId
from chalicelib.core.table import Attr, Conflict, Create, Key, Table
from chalicelib.privacy import codec
from chalicelib.rights.guests.model import GuestDraft


class DraftExists(Conflict):
    """The same request, repeated with its Idempotency-Key, stored the draft before."""


def keep_draft(challenge_id: ChallengeId, draft: GuestDraft) -> None:
    """Store a draft, unless an earlier call did.

    Raises:
        Unavailable: DynamoDB does not answer.
    """
    key = _key(challenge_id)
    older = Attr("created_at").lt(clock.to_text(draft.created_at))
    with suppress(DraftExists):
        table.write(Create(key, codec.to_item(draft, key), conflict=DraftExists, or_over=older))


def draft_of(challenge: Challenge) -> GuestDraft | None:
    """The draft of a challenge; None if there is none, or it has expired."""
    found = codec.read(GuestDraft, _key(challenge.challenge_id))
    return found if found and found.created_at == challenge.created_at else None


def _key(challenge_id: ChallengeId) -> Key:
    return Key(Table.CHALLENGES, f"guest#{challenge_id}")
