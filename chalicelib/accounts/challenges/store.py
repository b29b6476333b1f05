"""All DynamoDB access of challenges.

The key contains the purpose and, if the purpose needs a session, the session that requested the code. So no
caller has to compare them: under another purpose or session there is no item, and the response is that for an
unknown id, after the same calls.
"""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime

from chalicelib.accounts.challenges.model import Challenge, ChallengeRef, Opened
from chalicelib.core import clock, table
from chalicelib.core.errors import Unavailable
from chalicelib.core.table import Attr, Change, Conflict, Create, Key, Replace, Table, visible
from chalicelib.privacy import codec


class ChallengeExists(Conflict):
    """The same request (Idempotency-Key) created this challenge already; `found` is its item."""


class NoAttemptsLeft(Conflict):
    """There is no such challenge, or its attempts are used up, or its code is too old."""


class UsedMeanwhile(Conflict):
    """Another request used the code first."""


class OwnedByAnother(Conflict):
    """The code was sent or used, or another request took over the challenge."""


class TooEarly(Conflict):
    """The code may not be sent again yet."""


def _key(ref: ChallengeRef) -> Key:
    parts = ("challenge", ref.purpose, ref.holder, ref.challenge_id)
    return Key(Table.CHALLENGES, "#".join(part for part in parts if part))


def claim(challenge: Challenge, left_before: datetime, forgotten_before: datetime) -> Challenge | None:
    """Create a challenge for this request, or find the one that the same request created before.

    One write decides, so only one of two concurrent requests sends the code. The write replaces a challenge
    of the same request that was never sent: it was given up, or was created by `left_before` and is not
    marked as sent, which only a crash leaves. It also replaces any challenge that was created by
    `forgotten_before`, since an Idempotency-Key is remembered for a shorter time than a challenge is kept.
    """
    key = _key(challenge.ref)
    unsent = Attr("sent_at").not_exists() & Attr("used_at").not_exists()
    over = Attr("code_until").lte(clock.to_text(clock.now())) | Attr("created_at").lte(
        clock.to_text(left_before)
    )
    body, asked = Attr("fingerprint"), challenge.fingerprint
    same = body.eq(asked) if asked else body.not_exists()
    forgotten = Attr("created_at").lte(clock.to_text(forgotten_before))
    try:
        takes = (same & unsent & over) | forgotten
        table.write(Create(key, codec.to_item(challenge, key), or_over=takes, conflict=ChallengeExists))
    except ChallengeExists as before:
        if before.found is None:
            raise
        return codec.opened(Challenge, before.found)
    return None


def get(ref: ChallengeRef) -> Challenge | None:
    """A challenge, or None if it does not exist or has expired."""
    item = table.get(_key(ref))
    return codec.opened(Challenge, item) if item else None


def give_up(challenge: Challenge) -> None:
    """End a challenge whose code was not sent, and delete its personal fields.

    The same request may start again at once. `code_until` identifies the request that owns the challenge: it
    is ten minutes ahead while a request is sending, and has passed once it gave up. `created_at` cannot serve
    for that, since two requests may have the same second.
    """
    key = _key(challenge.ref)
    nothing = {"code_until": clock.now(), "phone": None, "email": None, "device": None, "locale": None}
    ours = (
        Attr("sent_at").not_exists()
        & Attr("used_at").not_exists()
        & Attr("code_until").eq(clock.to_text(challenge.code_until))
    )
    ended = codec.to_item(challenge.model_copy(update=nothing), key)
    with suppress(OwnedByAnother, Unavailable):  # the caller reports the error because of which it gives up
        table.write(Replace(key, ended, only_if=ours, conflict=OwnedByAnother))


def mark_sent(ref: ChallengeRef, at: datetime, uncounted: Mapping[str, int]) -> None:
    """Mark the code as accepted by SNS, and add the texts that budgets did not count."""
    table.write(Change(_key(ref), put={"sent_at": clock.to_text(at)}, add=uncounted))


def count_attempt(ref: ChallengeRef, maximum: int) -> Challenge:
    """Count one attempt, and return the challenge after it.

    Attempts are counted before the comparison, so that a crash in between does not give a free guess.
    Attempts at used codes are counted too: in the minutes in which they may be repeated they could be
    guessed.

    Raises:
        NoAttemptsLeft: `maximum` attempts were counted, the code is too old, or there is no such challenge.
    """
    # Texts of instants sort like the instants: all are UTC with whole seconds.
    valid = Attr("code_until").gt(clock.to_text(clock.now())) & Attr("attempts").lt(maximum)
    item = table.write(
        Change(
            _key(ref),
            add={"attempts": 1},
            only_if=visible() & valid,
            conflict=NoAttemptsLeft,
        )
    )
    return codec.opened(Challenge, item)


def uncount_attempt(tried: Challenge) -> None:
    """Uncount an attempt whose outcome no client learned; it stays counted if that fails."""
    used = tried.used_at
    same = Attr("used_at").eq(clock.to_text(used)) if used else Attr("used_at").not_exists()
    same &= Attr("code_until").eq(clock.to_text(tried.code_until)) & Attr("attempts").gt(0)
    with suppress(Conflict, Unavailable):
        table.write(Change(_key(tried.ref), add={"attempts": -1}, only_if=visible() & same))


def count_resend(challenge: Challenge, next_after: datetime, uncounted: Mapping[str, int]) -> Challenge:
    """Count one resend, and those that budgets did not count, and set the earliest next one.

    Raises:
        TooEarly: the resend is not due yet, the code was used, or another request is sending it.
    """
    item = table.write(
        Change(
            _key(challenge.ref),
            put={"resend_after": clock.to_text(next_after)},
            add={"resends": 1, **uncounted},
            only_if=visible()
            & Attr("resends").eq(challenge.resends)
            & Attr("used_at").not_exists()
            & Attr("resend_after").lte(clock.to_text(clock.now())),
            conflict=TooEarly,
        )
    )
    return codec.opened(Challenge, item)


def uncount_resend(ref: ChallengeRef, uncounted: Mapping[str, int]) -> None:
    """Uncount a resend that SNS did not accept, and allow the next one immediately."""
    now = clock.to_text(clock.now())
    undone = {name: -texts for name, texts in uncounted.items()}
    table.write(Change(_key(ref), put={"resend_after": now}, add={"resends": -1, **undone}))


def use_write(ref: ChallengeRef, opened: Opened | None, used_at: datetime, code_until: datetime) -> Change:
    """The write that marks a code as used, for the transaction of what the code opens.

    It deletes the personal fields, and validity and attempts start again.
    """
    return Change(
        _key(ref),
        put={
            "used_at": clock.to_text(used_at),
            "code_until": clock.to_text(code_until),
            "attempts": 0,
            **({"opened": opened.model_dump(mode="json")} if opened else {}),
        },
        drop=("sealed",),
        only_if=visible() & Attr("used_at").not_exists(),
        conflict=UsedMeanwhile,
    )
