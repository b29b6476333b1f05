"""All DynamoDB of challenges."""

from datetime import datetime

from chalicelib.core import clock, table
from chalicelib.core.ids import AccountId, ChallengeId, SessionId
from chalicelib.core.table import Attr, Change, Conflict, Create, Key, Table, visible
from chalicelib.privacy import codec
from chalicelib.signup.model import Challenge


class AskedBefore(Conflict):
    """The same request (Idempotency-Key) made this challenge already."""


class NoTriesLeft(Conflict):
    """No such challenge, or its attempts are used up, or its code is too old."""


class UsedMeanwhile(Conflict):
    """Another request used the code first."""


class TooEarly(Conflict):
    """The code was sent a moment ago."""


def _key(challenge_id: ChallengeId) -> Key:
    return Key(Table.CHALLENGES, f"challenge#{challenge_id}")


def create(challenge: Challenge) -> None:
    """Keep a new challenge.

    Raises:
        AskedBefore: there is one under this id.
    """
    table.write(Create(_key(challenge.challenge_id), codec.to_item(challenge), conflict=AskedBefore))


def get(challenge_id: ChallengeId) -> Challenge | None:
    """A challenge of the last day."""
    item = table.get(_key(challenge_id))
    return codec.from_item(Challenge, item) if item else None


def mark_sent(challenge_id: ChallengeId, at: datetime) -> None:
    """Note that the carrier took the code."""
    table.write(Change(_key(challenge_id), put={"sent_at": clock.to_text(at)}))


def count_attempt(challenge_id: ChallengeId, most: int) -> Challenge:
    """Count one try and return the challenge with it.

    Counted before anybody compares: a crash in between must not give a free guess. Codes that are
    used are counted too, or the minutes in which they may be repeated would be open for guessing.

    Raises:
        NoTriesLeft: `most` tries were counted, the code is too old, or there is no such challenge.
    """
    # Texts of instants sort like the instants: all are UTC with whole seconds.
    alive = Attr("code_until").gt(clock.to_text(clock.now())) & Attr("attempts").lt(most)
    item = table.write(
        Change(
            _key(challenge_id),
            add={"attempts": 1},
            only_if=visible() & alive,
            conflict=NoTriesLeft,
        )
    )
    return codec.from_item(Challenge, item)


def count_resend(challenge: Challenge, next_after: datetime) -> Challenge:
    """Count one more sending and move the earliest next one.

    Raises:
        TooEarly: not yet due, used meanwhile, or another request is sending now.
    """
    item = table.write(
        Change(
            _key(challenge.challenge_id),
            put={"resend_after": clock.to_text(next_after)},
            add={"resends": 1},
            only_if=visible()
            & Attr("resends").eq(challenge.resends)
            & Attr("used_at").not_exists()
            & Attr("resend_after").lte(clock.to_text(clock.now())),
            conflict=TooEarly,
        )
    )
    return codec.from_item(Challenge, item)


def allow_resend(challenge_id: ChallengeId) -> None:
    """Let the next sending go at once, after the carrier refused this one."""
    table.write(Change(_key(challenge_id), put={"resend_after": clock.to_text(clock.now())}))


def use(challenge: Challenge, account_id: AccountId, session_id: SessionId, *, opens: bool) -> Change:
    """The write that uses a code up; for the transaction that does what the code is for.

    The personal fields go now, and tries start anew for the few minutes in which the same code is
    answered with the same session.
    """
    return Change(
        _key(challenge.challenge_id),
        put={
            "used_at": clock.to_text(clock.now()),
            "attempts": 0,
            "account_id": account_id,
            "session_id": session_id,
            "new_account": opens,
        },
        drop=("personal",),
        only_if=visible() & Attr("used_at").not_exists(),
        conflict=UsedMeanwhile,
    )
