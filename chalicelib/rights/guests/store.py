"""All DynamoDB access of guests: what a request asks for, by the challenge of its code.

guest#<challenge>    the draft
"""

from contextlib import suppress

from chalicelib.core import table
from chalicelib.core.ids import ChallengeId
from chalicelib.core.table import Conflict, Create, Key, Table
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
    with suppress(DraftExists):
        table.write(Create(key, codec.to_item(draft, key), conflict=DraftExists))


def draft_of(challenge_id: ChallengeId) -> GuestDraft | None:
    """The draft of a challenge; None if there is none, or it has expired."""
    return codec.read(GuestDraft, _key(challenge_id))


def _key(challenge_id: ChallengeId) -> Key:
    return Key(Table.CHALLENGES, f"guest#{challenge_id}")
