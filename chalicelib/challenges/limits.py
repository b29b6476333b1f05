"""How many codes may be sent and tried, per what (ACC-2); the figures are settings.

All of them refuse while they can't count: a code costs money, and a guess that nobody counts is free.
The order is part of the rule: the address first, so that whoever is blocked uses up nobody's number,
then the number, so that one number asked for again and again does not close its prefix.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from chalicelib.challenges.model import Channel, TooManyAttempts, TooManyCodes
from chalicelib.core.breaker import Breaker
from chalicelib.core.clock import DAY, MINUTE
from chalicelib.core.errors import Problem
from chalicelib.core.http import ClientAddress
from chalicelib.core.ids import ChallengeId
from chalicelib.core.limiter import Limiter, WhenUnreachable, Window
from chalicelib.core.settings import settings
from chalicelib.core.table import Conflict

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


_PER_DESTINATION = {Channel.SMS: PER_NUMBER, Channel.EMAIL: PER_MAILBOX}


@contextmanager
def one_code(
    channel: Channel, destination: str, challenge_id: ChallengeId, address: ClientAddress | None = None
) -> Iterator[None]:
    """Count one code to a number or mailbox, around what sends it; what ends in a problem is given back.

    The address's hit stays: it bounds our work, not what is sent. Mail earns nobody anything, so only
    numbers have a breaker.

    Raises:
        TooManyCodes: for this number, its prefix, this mailbox, or from this address.
        Unavailable: nobody can count now.
    """
    if address:
        PER_ADDRESS.hit(address.block)
    per_destination = _PER_DESTINATION[channel]
    per_destination.hit(destination)
    counted = None
    try:
        if channel is Channel.SMS:
            counted = PER_PREFIX.hit(_prefix(destination), challenge_id)
        yield
    except (Problem, Conflict):
        PER_PREFIX.give_back(counted)
        per_destination.give_back(destination)
        raise


def verified(phone: str, challenge_id: ChallengeId) -> None:
    """Count that a number's code came back, once per code."""
    PER_PREFIX.came_good(_prefix(phone), challenge_id)


def _prefix(phone: str) -> str:
    return prefix_of(phone, settings().limits.prefix_digits)


def prefix_of(phone: str, digits: int) -> str:
    """The block of numbers that a number (E.164) belongs to: its country's code and some national digits.

    Operators, and whoever rents out numbers to be called, hold blocks. Short numbers leave four digits
    open, so that a prefix never stands for fewer than ten thousand of them.
    """
    import phonenumbers  # only when a code is sent: most functions that can, start without

    number = phonenumbers.parse(phone)
    national: str = phonenumbers.national_significant_number(number)
    return f"+{number.country_code} {national[: max(0, min(digits, len(national) - 4))]}"
