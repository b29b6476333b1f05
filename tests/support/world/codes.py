"""Codes for unknown devices, sent straight to the limits: thousands of them in seconds."""

import itertools
import operator
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from chalicelib.accounts.challenges import budgets, store
from chalicelib.accounts.challenges.model import Challenge, ChallengePurpose, CodeChannel, TooManyCodes
from chalicelib.core import clock, metrics, table
from chalicelib.core.clock import MINUTE
from chalicelib.core.http import ClientAddress
from chalicelib.core.ids import ChallengeId
from chalicelib.core.table import Change, Item, Key
from tests.support import patches

_COMPARISONS = {"<": operator.lt, "<=": operator.le, ">": operator.gt}


def _holds(condition: Any, item: Item) -> bool:
    """Evaluate the condition of a counter's write."""
    expression = condition.get_expression()
    kind, values = expression["operator"], expression["values"]
    if kind in {"AND", "OR"}:
        return (all if kind == "AND" else any)(_holds(part, item) for part in values)
    found = item.get(values[0].name)
    if kind in _COMPARISONS:
        return found is not None and bool(_COMPARISONS[kind](found, values[1]))
    return bool((found is None) == (kind == "attribute_not_exists"))


def keep_counters_in_memory() -> None:
    """Let counters be written to a dictionary, which is much faster, and the history be empty."""
    items: dict[Key, Item] = {}

    def write(change: Change) -> Item:
        item = items.get(change.key, {})
        if not _holds(change.only_if, item):
            raise change.conflict(item or None)
        sums = {name: item.get(name, 0) + count for name, count in change.add.items()}
        items[change.key] = {"pk": change.key.pk, **item, **change.put, **sums}
        return items[change.key]

    patch = patches.current()
    patch.setattr(table, "write", write)
    patch.setattr(store, "get_history", lambda: None)
    for name in ("count", "gauge"):
        patch.setattr(metrics, name, lambda *_, **__: None)


def serbian_numbers() -> Iterator[str]:
    """Return numbers of seventy prefixes in turn, so that no prefix stands out."""
    for number in itertools.count():
        yield f"+381{60 + number % 7}{number // 7 % 10}{number:06d}"


def a_challenge(phone: str, address: ClientAddress | None = None) -> Challenge:
    """Return a challenge of an unknown device for a number, made now."""
    now = clock.now()
    return Challenge(
        challenge_id=ChallengeId.new(),
        purpose=ChallengePurpose.SIGNUP,
        channel=CodeChannel.SMS,
        phone=phone,
        key_version="1",
        created_at=now,
        address_group=budgets.address_group(address, now) if address else None,
        code_until=now + 10 * MINUTE,
        resend_after=now + MINUTE,
    )


def send(phone: str) -> Challenge | None:
    """Count a text in both budgets as a sign-up does; None if one refuses it."""
    challenge = a_challenge(phone)
    undo: list[Callable[[], None]] = []
    for budget in budgets.of(challenge):
        try:
            place = budget.hit(challenge)
        except TooManyCodes:
            for uncount in undo:
                uncount()
            return None
        if place:
            undo.append(partial(budget.uncount, place))
    return challenge


def send_many(phone: str, texts: int) -> list[Challenge]:
    """Return the challenges of the codes that were not refused."""
    asked = (send(phone) for _ in range(texts))
    return [challenge for challenge in asked if challenge]


def verify(challenge: Challenge) -> None:
    """Count a challenge's code as verified."""
    for budget in budgets.of(challenge):
        budget.count_verified(challenge)
