"""How many codes may be sent and tried, per what (ACC-2); the figures are settings.

All of them refuse while they can't count: a code costs money, and a guess that nobody counts is free.
The order is part of the rule: the address and the account first, so that whoever is blocked uses up
nobody's number or mailbox, then the number, so that one number asked for again and again does not close
its prefix, then the prefix, so that one block does not use up the budget of its country (ADR 26).

What a session asks for is bounded by its account, so that no stranger's traffic closes it for the owner
(ADR 25). A code for stepping up counts against the account alone: neither the number's limit nor the
breaker of its prefix nor a budget knows of it. Its guesses, and those at a mailed code, count for no address.

Strangers have codes sent to numbers of the served countries only (ADR 26).

A sign-in has no session. Where its code is refused, a device that the number's owner knows has a reserve
of a few codes a day, which no stranger can use up.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

from chalicelib.challenges import budgets
from chalicelib.challenges.model import (
    Challenge,
    ChallengePurpose,
    CountryNotServed,
    EmailInDoubt,
    Recognise,
    SmsInDoubt,
    TooManyAttempts,
    TooManyCodes,
)
from chalicelib.challenges.numbers import is_served, prefix_of
from chalicelib.core import keyring, metrics
from chalicelib.core.breaker import Breaker
from chalicelib.core.clock import DAY, MINUTE
from chalicelib.core.errors import Problem
from chalicelib.core.http import ClientAddress
from chalicelib.core.ids import AccountId
from chalicelib.core.limiter import Limiter, WhenUnreachable, Window
from chalicelib.core.metrics import Metric
from chalicelib.core.settings import Secret, settings
from chalicelib.core.table import Conflict
from chalicelib.devices.model import Device

PER_NUMBER = Limiter(
    "codes_per_number",
    (
        Window(
            lambda: settings().limits.codes_per_number_minutes * MINUTE,
            lambda: settings().limits.codes_per_number_short,
        ),
        Window(lambda: DAY, lambda: settings().limits.codes_per_number_day),
    ),
    TooManyCodes,
    WhenUnreachable.REFUSE,
)
TO_STEP_UP = Limiter(
    "codes_to_step_up",
    (Window(lambda: DAY, lambda: settings().limits.codes_to_step_up_day),),
    TooManyCodes,
    WhenUnreachable.REFUSE,
)
# An account bounds how many strangers' mailboxes somebody can have mail sent to, from wherever they ask.
MAILED = Limiter(
    "codes_mailed_for_account",
    (Window(lambda: DAY, lambda: settings().limits.codes_mailed_for_account_day),),
    TooManyCodes,
    WhenUnreachable.REFUSE,
)
# A mailbox is bounded like a number: what is guessed at is its owner.
PER_MAILBOX = Limiter("codes_per_mailbox", PER_NUMBER.windows, TooManyCodes, WhenUnreachable.REFUSE)
PER_ADDRESS = Limiter(
    "codes_per_address",
    (
        Window(
            lambda: settings().limits.codes_per_address_minutes * MINUTE,
            lambda: settings().limits.codes_per_address,
        ),
    ),
    TooManyCodes,
    WhenUnreachable.REFUSE,
)
PER_PREFIX = Breaker(
    "codes_per_prefix",
    lambda: settings().limits.codes_per_prefix_minutes * MINUTE,
    lambda: settings().limits.codes_per_prefix_least,
    lambda: settings().limits.codes_per_prefix_lost,
    TooManyCodes,
    WhenUnreachable.REFUSE,
)
GUESSES = Limiter(
    "attempts_per_address",
    (
        Window(
            lambda: settings().limits.attempts_per_address_minutes * MINUTE,
            lambda: settings().limits.attempts_per_address,
        ),
    ),
    TooManyAttempts,
    WhenUnreachable.REFUSE,
)
# Nothing is compared for these, so they cost a block none of its guesses.
UNKNOWN = Limiter(
    "unknown_challenges_per_address",
    (
        Window(
            lambda: settings().limits.attempts_per_address_minutes * MINUTE,
            lambda: settings().limits.unknown_challenges_per_address,
        ),
    ),
    TooManyAttempts,
    WhenUnreachable.REFUSE,
)


@dataclass
class Counted:
    """How to give back each use that was counted, in their order, and which budgets are among them."""

    uses: list[Callable[[], None]] = field(default_factory=list)
    budgets: set[str] = field(default_factory=set)

    def uncounted(self, challenge: Challenge) -> dict[str, int]:
        """By their fields of the challenge: the text, for the budgets that did not count it."""
        return {one.uncounted: 1 for one in budgets.of(challenge) if one.name not in self.budgets}


@contextmanager
def count_code(
    challenge: Challenge,
    account: AccountId | None = None,
    address: ClientAddress | None = None,
    recognise: Recognise | None = None,
) -> Iterator[Mapping[str, int]]:
    """Count a challenge's code, around what sends it; what ends in a problem is given back.

    Unless nobody knows whether it was sent: while a service is slow to answer, each try may be a message.

    It yields what to add to the challenge: the text, for each budget that did not count it.

    The address's hit stays: it bounds our work, not what is sent. Mail earns nobody anything, so only
    numbers have a breaker; an account earns too little by its few codes for stepping up.

    Raises:
        TooManyCodes: for this number, its prefix or country, this mailbox, this account, from this address,
            or in all.
        CountryNotServed: a stranger asks for a code to a number of a country that is not on the list.
        Unavailable: nobody can count now.
    """
    counted = Counted()
    try:
        try:
            if address:
                _admit_stranger(challenge, address)
            _count(challenge, account, counted)
        except (TooManyCodes, CountryNotServed) as refused:
            _count_for_known_device(challenge, recognise, refused, counted)
        yield counted.uncounted(challenge)
    except (SmsInDoubt, EmailInDoubt):
        raise
    except (Problem, Conflict):
        for give_back in reversed(counted.uses):
            give_back()
        raise


def _admit_stranger(challenge: Challenge, address: ClientAddress) -> None:
    """Refuse what is wrong whatever the number has had; a text that is sent again was admitted before."""
    PER_ADDRESS.hit(address.block)
    if challenge.phone and not is_served(challenge.phone):
        raise CountryNotServed


def _count(challenge: Challenge, account: AccountId | None, counted: Counted) -> None:
    for limiter, subject in _counters(challenge, account):
        limiter.hit(subject)
        counted.uses.append(partial(limiter.give_back, subject))
    if challenge.phone and challenge.purpose is not ChallengePurpose.STEP_UP:
        place = PER_PREFIX.hit(_prefix(challenge.phone), challenge.challenge_id)
        counted.uses.append(partial(PER_PREFIX.give_back, place))
    for budget in budgets.of(challenge):
        if (spent := budget.hit(challenge)) is not None:
            counted.budgets.add(budget.name)
            counted.uses.append(partial(budget.give_back, spent))


def _count_for_known_device(
    challenge: Challenge, recognise: Recognise | None, refused: Problem, counted: Counted
) -> None:
    """Count a refused code against the reserve of the device that asked for it.

    What was counted before stays counted, a call less: the code goes to that number.

    Raises:
        Problem: the refusal as it was; who asks learns nothing of a reserve, used up or not there.
    """
    known = recognise(challenge) if recognise else None
    if known is None or challenge.device is None:
        raise refused
    reserve = _reserve_of(challenge.device)
    try:
        reserve.hit(known.account_id)
    except TooManyCodes:
        raise refused from None
    counted.uses.append(partial(reserve.give_back, known.account_id))
    metrics.count(Metric.CODE_RESERVED)


def _reserve_of(device: Device) -> Limiter:
    """What a known device may ask for beyond the limits on strangers; its subject is the account."""
    part = keyring.mac_keys(Secret.LOOKUP).digest("reserve", str(device.id)).hex()[:16]
    return Limiter(
        "codes_reserved",
        (
            Window(lambda: DAY, lambda: settings().limits.codes_reserved_for_account_day),
            Window(lambda: DAY, lambda: settings().limits.codes_reserved_day, part=f"d{part}"),
        ),
        TooManyCodes,
        WhenUnreachable.REFUSE,
    )


def _counters(challenge: Challenge, account: AccountId | None) -> Iterator[tuple[Limiter, str]]:
    """What a code counts against, and whose counter that is."""
    if account and challenge.purpose is ChallengePurpose.STEP_UP:
        yield TO_STEP_UP, account
    elif challenge.phone:
        yield PER_NUMBER, challenge.phone
    elif challenge.email:
        if account:
            yield MAILED, account
        yield PER_MAILBOX, challenge.email


def count_verified(challenge: Challenge, phone: str) -> None:
    """Count that the code of a challenge came back from its number, once per code."""
    PER_PREFIX.count_success(_prefix(phone), challenge.challenge_id)
    for budget in budgets.of(challenge):
        budget.count_verified(challenge)


def _prefix(phone: str) -> str:
    return prefix_of(phone, settings().limits.prefix_digits)
