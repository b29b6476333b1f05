"""The limits on sending codes and on guessing them (ACC-2); their figures are settings.

All of them refuse while their counter is unreachable: a code costs money, and an uncounted guess is free.
They are applied in a fixed order: first address and account, so that a blocked client does not use up the
limit of a number or mailbox; then the number, so that repeated requests for one number do not get its
prefix refused; then the prefix, so that one block does not use up the budget of its country (ADR 26).

Codes that a session requests are limited per account, so that the requests of strangers (clients without a
session) cannot lock the owner out (ADR 25). A code for stepping up counts against the account alone, not
against the number, its prefix or a budget. Guesses at it, and at a mailed code, do not count against an
address.

A code for a new number of an account goes to the number of a stranger, as far as we know. So it counts like
one for signing up, and against the account too (ADR 43).

Strangers can have codes sent only to numbers of the served countries (ADR 26).

A rights request without a session has limits of its own per number and mailbox, so a stranger who requests
its codes uses up none of the owner's codes for signing in, and sends few messages (ADR 49). A message to our
support counts against the same ones, so that it lets a stranger send no more mail (ADR 100). So do a report
of abuse without an account (ADR 119) and the mail of a recovery; its code to a number counts like one for a
new number of the account (ADR 104).

A sign-in has no session. If a limit refuses its code, a device that the number's owner knows has a reserve of
a few codes a day, which strangers cannot use up. It also bounds the codes that are mailed in place of a text
(ADR 78), which count for nothing else but the address.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

from chalicelib.accounts.challenges import budgets
from chalicelib.accounts.challenges.model import (
    Challenge,
    ChallengePurpose,
    CodeRequest,
    CountryNotServed,
    EmailInDoubt,
    Recognise,
    SmsInDoubt,
    TooManyAttempts,
    TooManyCodes,
)
from chalicelib.accounts.challenges.numbers import is_served, prefix_of
from chalicelib.accounts.model import Device
from chalicelib.core import keyring, metrics
from chalicelib.core.clock import DAY, MINUTE
from chalicelib.core.contract_words import InnerLimit, LimitName
from chalicelib.core.errors import Problem, TooMany
from chalicelib.core.http import ClientAddress
from chalicelib.core.ids import AccountId
from chalicelib.core.limiter import Breaker, Limiter, WhenUnreachable, Window
from chalicelib.core.metrics import Metric
from chalicelib.core.settings import Secret, settings
from chalicelib.core.transactions import Conflict


def _limit(name: LimitName | InnerLimit, *windows: Window, problem: type[TooMany] = TooManyCodes) -> Limiter:
    return Limiter(name, windows, problem, WhenUnreachable.REFUSE)


def _a_day(maximum: Callable[[], int]) -> Window:
    return Window(lambda: DAY, maximum)


PER_NUMBER = _limit(
    LimitName.CODES_PER_NUMBER,
    Window(
        lambda: settings().limits.codes_per_number_minutes * MINUTE,
        lambda: settings().limits.codes_per_number_short,
    ),
    _a_day(lambda: settings().limits.codes_per_number_day),
)
TO_STEP_UP = _limit(LimitName.CODES_TO_STEP_UP, _a_day(lambda: settings().limits.codes_to_step_up_day))
# Per session that waits: the requests of a stranger must not use up the codes of the account's owner.
TO_LET_IN = _limit(LimitName.CODES_TO_LET_IN, _a_day(lambda: settings().limits.codes_to_let_in_day))
# Bounds how many other people's mailboxes a client can have mail sent to, from any address.
MAILED = _limit(
    LimitName.CODES_MAILED_FOR_ACCOUNT, _a_day(lambda: settings().limits.codes_mailed_for_account_day)
)
# Bounds how many other people's numbers a client can have texts sent to, from any address, and how often an
# account changes its number.
TO_CHANGE_NUMBER = _limit(
    LimitName.CODES_TO_CHANGE_NUMBER, _a_day(lambda: settings().limits.codes_to_change_number_day)
)
# A mailbox has the limits of a number, since a guess at its code attacks its owner.
PER_MAILBOX = _limit(LimitName.CODES_PER_MAILBOX, *PER_NUMBER.windows)
TO_GUEST = _limit(LimitName.CODES_TO_GUEST, _a_day(lambda: settings().limits.codes_to_guest_day))
PER_ADDRESS = _limit(
    LimitName.CODES_PER_ADDRESS,
    Window(
        lambda: settings().limits.codes_per_address_minutes * MINUTE,
        lambda: settings().limits.codes_per_address,
    ),
)
PER_PREFIX = Breaker(
    LimitName.CODES_PER_PREFIX,
    lambda: settings().limits.codes_per_prefix_minutes * MINUTE,
    lambda: settings().limits.codes_per_prefix_least,
    lambda: settings().limits.codes_per_prefix_lost,
    TooManyCodes,
    WhenUnreachable.REFUSE,
)


def _of_attempts(maximum: Callable[[], int]) -> Window:
    return Window(lambda: settings().limits.attempts_per_address_minutes * MINUTE, maximum)


GUESSES = _limit(
    LimitName.ATTEMPTS_PER_ADDRESS,
    _of_attempts(lambda: settings().limits.attempts_per_address),
    problem=TooManyAttempts,
)
# No code is compared in these requests, so they do not count as guesses of the address block.
UNKNOWN = _limit(
    LimitName.UNKNOWN_CHALLENGES_PER_ADDRESS,
    _of_attempts(lambda: settings().limits.unknown_challenges_per_address),
    problem=TooManyAttempts,
)

# Of its own: the links of strangers use up no codes and no guesses of the block (ADR 105).
LINKS_PER_ADDRESS = _limit(
    LimitName.LINKS_PER_ADDRESS,
    _of_attempts(lambda: settings().limits.links_per_address),
    problem=TooMany,
)


@dataclass
class Counted:
    """The uses that were counted: functions that uncount them, and the budgets among them."""

    uses: list[Callable[[], None]] = field(default_factory=list)
    budgets: set[str] = field(default_factory=set)
    uncounts_in_doubt: list[Callable[[], None]] = field(default_factory=list)

    def uncounted(self, challenge: Challenge) -> dict[str, int]:
        """Return one text for each budget that did not count it, by its field of the challenge."""
        return {budget.uncounted: 1 for budget in budgets.of(challenge) if budget.name not in self.budgets}


@contextmanager
def count_code(
    challenge: Challenge,
    account: AccountId | None = None,
    address: ClientAddress | None = None,
    recognise: Recognise | None = None,
    *,
    is_resend: bool = False,
) -> Iterator[Mapping[str, int]]:
    """Count a challenge's code, and uncount it if the `with` block fails to send it.

    The code stays counted if it is unknown whether it was sent (in doubt): while a service is slow to answer,
    each attempt may send a message. A new code in doubt can never be verified, so a budget counts it in the
    hour and not in the day. The hit of the address is never uncounted: it limits our work, not the messages.

    Yields what to add to the challenge: one text for each budget that did not count it.

    Only numbers have a breaker: no attacker profits from mail or from the few codes for stepping up.

    Raises:
        TooManyCodes: for this number, its prefix or country, this mailbox, this account, from this address,
            or in total.
        CountryNotServed: a stranger requests a code to a number of a country that is not served.
        Unavailable: a counter is unreachable.
    """
    counted = Counted()
    try:
        try:
            if address:
                PER_ADDRESS.hit(address.block)
                if not is_resend:
                    _check_country(challenge)
            _count(challenge, account, counted)
        except (TooManyCodes, CountryNotServed) as refused:
            _count_for_known_device(challenge, recognise, refused, counted)
        yield counted.uncounted(challenge)
    except (SmsInDoubt, EmailInDoubt):
        if not is_resend:  # a new challenge ends now; a resend may still be verified
            for uncount in counted.uncounts_in_doubt:
                uncount()
        raise
    except (Problem, Conflict):
        for uncount in reversed(counted.uses):
            uncount()
        raise


def _check_country(challenge: Challenge) -> None:
    if challenge.phone and not is_served(challenge.phone):
        raise CountryNotServed


def _count(challenge: Challenge, account: AccountId | None, counted: Counted) -> None:
    for limiter, subject in _counters(challenge, account):
        limiter.hit(subject)
        counted.uses.append(partial(limiter.uncount, subject))
    if challenge.phone and challenge.purpose is not ChallengePurpose.STEP_UP:
        place = PER_PREFIX.hit(_prefix(challenge.phone), challenge.challenge_id)
        counted.uses.append(partial(PER_PREFIX.uncount, place))
    for budget in budgets.of(challenge):
        if (spent := budget.hit(challenge)) is not None:
            counted.budgets.add(budget.name)
            counted.uses.append(partial(budget.uncount, spent))
            counted.uncounts_in_doubt.append(partial(budget.uncount_in_day, spent))


def _count_for_known_device(
    challenge: Challenge, recognise: Recognise | None, refused: Problem, counted: Counted
) -> None:
    """Count a refused code against the reserve of the device that requested it.

    Uses that were counted before the refusal stay counted, since the code goes to that number; this saves a
    call.

    Raises:
        Problem: the original refusal; the response does not reveal whether there is a reserve.
    """
    known = recognise(challenge) if recognise else None
    if known is None or challenge.device is None:
        raise refused
    reserve = _reserve_of(challenge.device)
    try:
        reserve.hit(known.account_id)
    except TooManyCodes:
        raise refused from None
    counted.uses.append(partial(reserve.uncount, known.account_id))
    metrics.count(Metric.CODE_RESERVED)


class ReservedMail(NamedTuple):
    """The mailbox that gets a code of a reserve, and what uncounts the code if it is certainly not mailed."""

    mailbox: str
    uncount: Callable[[], None]


def count_mail_for_text(challenge: Challenge, asked: CodeRequest) -> ReservedMail | None:
    """Count a request in place of a text; returns the mail that it gets, or None (ADR 78).

    Raises:
        TooManyCodes: from this address.
        Unavailable: a counter is unreachable.
    """
    if asked.address:
        PER_ADDRESS.hit(asked.address.block)
    reached = asked.reach(challenge) if asked.reach else None
    if reached is None or challenge.device is None:
        return None
    reserve = _reserve_of(challenge.device)
    try:
        reserve.hit(reached.account_id)
    except TooManyCodes:
        return None
    metrics.count(Metric.CODE_RESERVED)
    return ReservedMail(reached.mailbox, partial(reserve.uncount, reached.account_id))


def _reserve_of(device: Device) -> Limiter:
    """The reserve of a known device; the subject of the limiter is the account."""
    part = keyring.mac_keys(Secret.LOOKUP).digest("reserve", str(device.device_id)).hex()[:16]
    return _limit(
        InnerLimit.CODES_RESERVED,
        _a_day(lambda: settings().limits.codes_reserved_for_account_day),
        Window(lambda: DAY, lambda: settings().limits.codes_reserved_day, part=f"d{part}"),
    )


_OF_GUESTS = frozenset(
    {
        ChallengePurpose.GUEST,
        ChallengePurpose.RECOVERY,
        ChallengePurpose.REPORT,
        ChallengePurpose.SUPPORT,
    }
)


def _counters(challenge: Challenge, account: AccountId | None) -> Iterator[tuple[Limiter, str]]:
    """The limiters that a code counts against, each with its subject."""
    if account and challenge.purpose is ChallengePurpose.STEP_UP:
        yield TO_STEP_UP, account
    elif challenge.purpose is ChallengePurpose.LET_IN:
        yield TO_LET_IN, challenge.holder or ""
    elif challenge.purpose in _OF_GUESTS and not account:
        yield TO_GUEST, challenge.phone or challenge.email or ""
    elif challenge.phone:
        if account:
            yield TO_CHANGE_NUMBER, account
        yield PER_NUMBER, challenge.phone
    elif challenge.email:
        if account:
            yield MAILED, account
        yield PER_MAILBOX, challenge.email


def count_verified(challenge: Challenge) -> None:
    """Count a verified code for its prefix and its budgets; the caller does so once per code."""
    if challenge.is_mail_for_text:
        return
    if challenge.phone:
        PER_PREFIX.count_success(_prefix(challenge.phone), challenge.challenge_id)
    for budget in budgets.of(challenge):
        budget.count_verified(challenge)


def _prefix(phone: str) -> str:
    return prefix_of(phone, settings().limits.prefix_digits)
