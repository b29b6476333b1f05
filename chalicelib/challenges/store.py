"""All DynamoDB of challenges, and of the history of verified codes.

The purpose is part of the key, and so is the session that asked, where the purpose needs one. Nobody
has to remember to compare them: with another purpose or session there is nothing at that key, and
the answer is the one for an id that never was, for the same calls.
"""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime

from chalicelib.challenges.model import Challenge, ChallengeRef, Opened
from chalicelib.core import clock, table
from chalicelib.core.errors import Unavailable
from chalicelib.core.settings import settings
from chalicelib.core.table import Attr, Change, Conflict, Create, Key, Replace, Table, visible
from chalicelib.limits.model import CodeHistory
from chalicelib.privacy import codec


class ChallengeExists(Conflict):
    """The same request (Idempotency-Key) made this challenge already; `found` is its item."""


class NoTriesLeft(Conflict):
    """No such challenge, or its attempts are used up, or its code is too old."""


class UsedMeanwhile(Conflict):
    """Another request used the code first."""


class NotOurs(Conflict):
    """The code was sent or used, or another request took the challenge over."""


class HistoryMoved(Conflict):
    """Another run brought the history up to date meanwhile."""


class TooEarly(Conflict):
    """The code was sent a moment ago."""


def _key(ref: ChallengeRef) -> Key:
    parts = ("challenge", ref.purpose, ref.holder, ref.challenge_id)
    return Key(Table.CHALLENGES, "#".join(part for part in parts if part))


def claim(challenge: Challenge, left_before: datetime, forgotten_before: datetime) -> Challenge | None:
    """Make a challenge this request's own, or find the one that the same request made before.

    One write decides, so of two twins one sends. It takes the place of what the same request left
    unsent: given up, or born by `left_before` and not noted as sent, as only a crash leaves it. It also
    takes the place of whatever was born by `forgotten_before`: an Idempotency-Key is remembered for less
    time than a challenge is kept.
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
    """A challenge that is still kept."""
    item = table.get(_key(ref))
    return codec.opened(Challenge, item) if item else None


def give_up(challenge: Challenge) -> None:
    """Nobody gets this code: it dies with its personal fields, and the same request may start over at once.

    The end of the code's life tells one owner from the next: it is ten minutes ahead while somebody
    is sending and past once they gave up. A birth would not do: two may fall into one second.
    """
    key = _key(challenge.ref)
    nothing = {"code_until": clock.now(), "phone": None, "email": None, "device": None, "locale": None}
    ours = (
        Attr("sent_at").not_exists()
        & Attr("used_at").not_exists()
        & Attr("code_until").eq(clock.to_text(challenge.code_until))
    )
    ended = codec.to_item(challenge.model_copy(update=nothing), key)
    with suppress(NotOurs, Unavailable):  # whoever gives up has something else to say
        table.write(Replace(key, ended, only_if=ours, conflict=NotOurs))


def mark_sent(ref: ChallengeRef, at: datetime, uncounted: Mapping[str, int]) -> None:
    """Note that the carrier took the code, and which budgets did not count its text."""
    table.write(Change(_key(ref), put={"sent_at": clock.to_text(at)}, add=uncounted))


def count_attempt(ref: ChallengeRef, most: int) -> Challenge:
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
            _key(ref),
            add={"attempts": 1},
            only_if=visible() & alive,
            conflict=NoTriesLeft,
        )
    )
    return codec.opened(Challenge, item)


def allow_attempt(tried: Challenge) -> None:
    """Uncount a try about which nobody was told anything; what can't be uncounted stays counted."""
    used = tried.used_at
    same = Attr("used_at").eq(clock.to_text(used)) if used else Attr("used_at").not_exists()
    same &= Attr("code_until").eq(clock.to_text(tried.code_until)) & Attr("attempts").gt(0)
    with suppress(Conflict, Unavailable):
        table.write(Change(_key(tried.ref), add={"attempts": -1}, only_if=visible() & same))


def count_resend(challenge: Challenge, next_after: datetime, uncounted: Mapping[str, int]) -> Challenge:
    """Count one more sending, in all and uncounted by budgets, and move the earliest next one.

    Raises:
        TooEarly: not yet due, used meanwhile, or another request is sending now.
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


def allow_resend(ref: ChallengeRef, uncounted: Mapping[str, int]) -> None:
    """Uncount a sending that the carrier refused, and let the next one go at once."""
    now = clock.to_text(clock.now())
    undone = {name: -texts for name, texts in uncounted.items()}
    table.write(Change(_key(ref), put={"resend_after": now}, add={"resends": -1, **undone}))


def use_write(challenge: Challenge, opened: Opened | None) -> Change:
    """The write that uses a code up; goes with what the code is for.

    The personal fields go now. The code's life and its tries start anew, for the two minutes in which
    the same code is answered the same way: whoever needed the whole ten may repeat it too.
    """
    now = clock.now()
    return Change(
        _key(challenge.ref),
        put={
            "used_at": clock.to_text(now),
            "code_until": clock.to_text(now + settings().verify_repeat),
            "attempts": 0,
            **({"opened": opened.model_dump(mode="json")} if opened else {}),
        },
        drop=("sealed",),
        only_if=visible() & Attr("used_at").not_exists(),
        conflict=UsedMeanwhile,
    )


_HISTORY = Key(Table.CHALLENGES, "code_history")


def get_history() -> CodeHistory | None:
    """How many codes were verified in each country, if that is known.

    Raises:
        Unfit: what is stored is no history.
    """
    item = table.get(_HISTORY)
    return codec.opened(CodeHistory, item) if item else None


def put_history(before: CodeHistory | None, after: CodeHistory) -> None:
    """Replace the history by its next version.

    Raises:
        HistoryMoved: it is not the one before any more.
    """
    item = codec.to_item(after, _HISTORY)
    if before is None:
        table.write(Create(_HISTORY, item, conflict=HistoryMoved))
        return
    same = Attr("version").eq(before.version)
    table.write(Replace(_HISTORY, item, only_if=same, conflict=HistoryMoved))
