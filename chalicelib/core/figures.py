"""Figures that are settings: each has a default, a range, and a variable that sets it.

A kind of figures names the prefix of its variables: that of a limit is `RU4M_LIMIT_<NAME>`. Standard library
only, like `settings`, which reads them at the start.

The environment of a function is limited to 4 KB. So a deployment packs the figures that are set into one
text, which functions get as `RU4M_FIGURES`. A figure's own variable overrides the packed text.
"""

from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
from datetime import timedelta
from typing import Any, ClassVar, NamedTuple, TypeVar

PACKED = "RU4M_FIGURES"
DEFAULTS = "defaults"  # a template parameter must not be empty


class BadFigure(ValueError):
    """A figure is unknown, malformed or out of range; the text has the variable, not the value."""


class _Rule(NamedTuple):
    """A figure's default, its range, and whether it counts uses."""

    default: int
    minimum: int
    maximum: int
    counts: bool = False


def _figure(default: int, minimum: int, maximum: int) -> Any:  # noqa: ANN401 - a dataclass field, typed by its annotation
    return field(metadata={"rule": _Rule(default, minimum, maximum)})


def _count(default: int) -> Any:  # noqa: ANN401 - as above
    return field(metadata={"rule": _Rule(default, 1, 1_000_000, counts=True)})


def _minutes(default: int) -> Any:  # noqa: ANN401 - as above
    """A window of at most a day, as most counters are declared to expire by then (Period.LIMIT)."""
    return _figure(default, 1, 24 * 60)


@dataclass(frozen=True)
class FigureSet:
    """A kind of figures; each field has its rule."""

    prefix: ClassVar[str]


_Figures = TypeVar("_Figures", bound=FigureSet)


@dataclass(frozen=True)
class Limits(FigureSet):
    """The figures of limits: how many uses, per subject, within how many minutes."""

    prefix: ClassVar[str] = "RU4M_LIMIT_"

    codes_per_number_short: int = _count(5)
    codes_per_number_minutes: int = _minutes(30)
    codes_per_number_day: int = _count(10)
    # Per account, in addition to what clients without a session may request (ADR 10).
    codes_to_step_up_day: int = _count(5)
    # Per session that waits (ADR 68).
    codes_to_let_in_day: int = _count(3)
    # Per account, over all new numbers (ADR 43).
    codes_to_change_number_day: int = _count(5)
    # The reserve of a known device, and of all known devices of an account together (ADR 25).
    codes_reserved_day: int = _count(3)
    codes_reserved_for_account_day: int = _count(9)
    # Per account, over all mailboxes: most people have one or two.
    codes_mailed_for_account_day: int = _count(20)
    # Codes for rights requests without a session: to one number or mailbox, and mailed to all (ADR 49).
    codes_to_guest_day: int = _count(4)
    codes_mailed_to_guests_hour: int = _count(500)
    codes_per_address: int = _count(300)
    codes_per_address_minutes: int = _minutes(5)
    attempts_per_address: int = _count(60)
    attempts_per_address_minutes: int = _minutes(10)
    # Counted separately, since a client can invent ids without requesting a code (ADR 25); the same window.
    unknown_challenges_per_address: int = _count(60)
    # Links of one address block, in the same window, and those that one account confirms (ADR 105).
    links_per_address: int = _count(60)
    devices_linked_day: int = _count(20)
    # Logins by password (ADR 106): from one block, before any is hashed; to one name on unknown devices.
    logins_per_address: int = _count(60)
    logins_per_address_minutes: int = _minutes(10)
    logins_per_name_day: int = _count(10)
    # Writes per account (ADR 24). A profile change is sent to Stream; the others are kept for years.
    # New PINs, usernames and passwords: each mails the owner, and shows whether a username is taken.
    secret_changes_day: int = _count(10)
    profile_changes_day: int = _count(200)
    avatars_day: int = _count(20)
    consents_given_day: int = _count(50)
    notices_accepted_day: int = _count(50)
    rights_requests_day: int = _count(20)
    # Writes about other users (ADR 37). An attempt with a code counts whether the code is right or wrong.
    contact_codes_day: int = _count(20)
    contact_attempts_day: int = _count(50)
    invitations_day: int = _count(20)
    invitations_first_week_day: int = _count(5)
    invitations_declined_week: int = _count(5)
    # Numbers that are matched (ADR 118): by one account, in its first week, and by all such accounts of a
    # block. Each is refilled in seven days, and is not below the numbers of one request.
    matched_numbers_most: int = _figure(1_400, 500, 10_000)
    matched_numbers_first_week: int = _figure(500, 500, 10_000)
    matched_numbers_per_address: int = _figure(10_000, 500, 1_000_000)
    blocks_day: int = _count(200)
    # Writes about conversations (ADR 40). Stream limits its calls for all users together.
    conversations_day: int = _count(100)
    conversation_changes_day: int = _count(200)
    group_names_day: int = _count(100)
    message_deletions_day: int = _count(1_000)
    notification_changes_day: int = _count(200)
    missed_calls_day: int = _count(100)
    # By an account, and of proofs that are pushed to one token.
    push_registrations_day: int = _count(20)
    abuse_reports_day: int = _count(20)
    # From one address block, without a code: about sexual abuse of children (ADR 119).
    anonymous_reports_day: int = _count(20)
    # Members of a group, its first member included. One transaction has a row and a condition per member.
    conversation_members_most: int = _figure(49, 3, 49)
    # The most that an account has at a time. All blocks of an account are one item of at most 400 KB.
    contacts_most: int = _figure(1_000, 5, 5_000)
    blocks_most: int = _figure(500, 5, 1_000)
    invitations_most: int = _figure(100, 5, 200)
    missed_calls_most: int = _figure(200, 5, 500)
    operator_calls_per_minute: int = _count(120)
    subject_lookups_day: int = _count(100)  # by one operator (ADR 52)
    # Usage events per account and UTC day; a copy of thirty such days has to fit into one run (ADR 22).
    usage_events_per_day: int = _figure(5_000, 100, 20_000)
    # Network bits of an address block. A longer prefix would distinguish households (USE-1).
    address_bits_v4: int = _figure(24, 8, 24)
    address_bits_v6: int = _figure(64, 32, 64)
    # The same where a limit must hold for all networks of one customer, who may get a /48 (ADR 70).
    site_bits_v6: int = _figure(48, 32, 64)
    # The breaker (ADR 12) refuses a prefix from so many codes on, if more than this percentage is not
    # verified.
    codes_per_prefix_least: int = _count(50)
    codes_per_prefix_lost: int = _figure(80, 1, 99)
    codes_per_prefix_minutes: int = _minutes(60)
    # Budgets of unverified codes (ADR 26): texts to one country, and to all, in a UTC hour and a UTC day.
    codes_unverified_country_hour: int = _count(100)
    codes_unverified_country_day: int = _count(300)
    codes_unverified_hour: int = _count(3_000)
    codes_unverified_day: int = _count(20_000)
    # Additional room of a country, in percent: of the verified codes of its best day (a sixth of them for an
    # hour, all for a day), and of the codes that were verified in the current hour and day.
    codes_history_hour_share: int = _figure(20, 1, 100)
    codes_history_day_share: int = _figure(30, 1, 100)
    codes_earned_share: int = _figure(50, 1, 100)
    # The share of an address block in such a debt (ADR 70): percent of the room, at least so many texts, and
    # percent of the block's verified codes. It applies while the debt is above this percentage of the room.
    codes_block_share: int = _figure(10, 1, 100)
    codes_block_least: int = _count(10)
    codes_block_earned_share: int = _figure(100, 1, 100)
    codes_block_free_share: int = _figure(60, 1, 100)
    # National digits after the country code: the block of a carrier, an area code of North America.
    prefix_digits: int = _figure(3, 1, 6)


@dataclass(frozen=True)
class Transfers(FigureSet):
    """Time limits and size of a push to an address that a subject submitted (ADR 18).

    All of them fit into the fifteen minutes of a function, with time left to record the outcome.
    """

    prefix: ClassVar[str] = "RU4M_PUSH_"

    connect_seconds: int = _figure(5, 1, 30)  # to look up the name; to connect to one address
    silence_seconds: int = _figure(30, 1, 120)  # without progress: in the handshake, sending, the response
    whole_seconds: int = _figure(600, 10, 780)
    megabytes: int = _figure(1024, 1, 5 * 1024)


@dataclass(frozen=True)
class ErasureWaits(FigureSet):
    """The waits of an erasure (ADR 30). Only stage `local` may have waits that are not safe."""

    prefix: ClassVar[str] = "RU4M_ERASURE_"
    needs: ClassVar[str] = "the time to cancel an erasure"

    grace_hours: int = _figure(7 * 24, 0, 30 * 24)  # in which the erasure can be cancelled
    waived_grace_hours: int = _figure(24, 0, 30 * 24)  # the same, if the subject waives it
    # After a copy or an erasure was requested without a session, before anything irreversible (ADR 49).
    recovery_hours: int = _figure(72, 0, 14 * 24)
    # After a deletion, how long a request or worker that began before may still write.
    late_writes_minutes: int = _figure(16, 0, 24 * 60)
    # After so long without a session, the number may have a new owner.
    idle_days: int = _figure(90, 1, 365)

    @property
    def are_safe(self) -> bool:
        """Whether a person has a day to cancel, and no worker can outlast the wait for late writes."""
        waits = min(self.grace_hours, self.waived_grace_hours, self.recovery_hours)
        return waits >= LEAST_GRACE_HOURS and self.late_writes_minutes >= LEAST_LATE_WRITES_MINUTES


@dataclass(frozen=True)
class PurgeLimits(FigureSet):
    """The figures of the purge (ADR 33)."""

    prefix: ClassVar[str] = "RU4M_PURGE_"

    # After the end of an item, in which DynamoDB usually deletes it at no charge.
    lag_minutes: int = _figure(45, 0, 24 * 60)
    # Above it, items that DynamoDB left stay stored, invisible, until the next UTC day. At ten million users
    # about 3.5 million bundles of usage expire in a day.
    deletes_day: int = _figure(5_000_000, 1_000, 100_000_000)


@dataclass(frozen=True)
class BackupDays(FigureSet):
    """The days for which a backup is kept, copies in other places included (ADR 76).

    Certificates state them and an alarm enforces them. They are at least the days of recovery in
    infra/template/data.yaml.
    """

    prefix: ClassVar[str] = "RU4M_BACKUPS_"

    keys_days: int = _figure(7, 7, 365)  # of the table of data keys
    other_days: int = _figure(35, 35, 365)

    @property
    def keys(self) -> timedelta:
        """How long a backup of data keys is kept."""
        return timedelta(days=self.keys_days)

    @property
    def others(self) -> timedelta:
        """How long a backup of another table is kept."""
        return timedelta(days=self.other_days)


@dataclass(frozen=True)
class ReconciliationLimits(FigureSet):
    """The figures of reconciliation (ADR 35)."""

    prefix: ClassVar[str] = "RU4M_RECONCILIATION_"

    # Above it, a run stops for an operator: so many erased users do not come back by chance.
    found_run: int = _figure(100, 1, 10_000)
    # Pages of a hundred users that a run compares: ten million users take thirty days.
    pages_run: int = _figure(150, 1, 1_000)
    # Pages of thirty channels: 21 million channels take thirty days.
    channel_pages_run: int = _figure(1_000, 1, 5_000)
    pass_days: int = _figure(30, 1, 90)  # from the beginning of a pass over all users to that of the next


@dataclass(frozen=True)
class IdleAccounts(FigureSet):
    """The figures of idle accounts (ADR 36)."""

    prefix: ClassVar[str] = "RU4M_IDLE_"

    after_months: int = _figure(24, 12, 60)  # without use; then the account is closed
    # Warnings of a run: 1,200 a day are about as many as can be closed.
    warned_run: int = _figure(50, 1, 100_000)
    # Above it, a run stops for an operator. A first run over old accounts needs more.
    due_at_once: int = _figure(5_000, 1, 100_000_000)
    open_at_once: int = _figure(10_000, 1, 10_000)  # erasures that are open because of it
    # Days without use after which the number may have a new holder (ADR 68).
    waiting_after_days: int = _figure(90, 7, 365)


@dataclass(frozen=True)
class ChoiceWaits(FigureSet):
    """The waits of objections and restrictions (ADR 48)."""

    prefix: ClassVar[str] = "RU4M_CHOICE_"
    needs: ClassVar[str] = "a day to weigh an objection, and a day of notice"

    # From the receipt of an objection until it has to be weighed.
    weighing_days: int = _figure(14, 0, 30)
    # From the announcement that a restriction or objection ends until it does. It may be short on stage
    # `local` only.
    lifting_notice_hours: int = _figure(72, 0, 30 * 24)

    @property
    def are_safe(self) -> bool:
        """Whether a subject has a day to read the announcement, and a person a day to weigh."""
        return self.weighing_days >= 1 and self.lifting_notice_hours >= LEAST_NOTICE_HOURS


@dataclass(frozen=True)
class FanOut(FigureSet):
    """The figures of jobs whose work is spread over workers (ADR 34).

    The deployment sets the numbers of workers at the queues too, so that both agree.
    """

    prefix: ClassVar[str] = "RU4M_FANOUT_"

    # Workers at a time: at least the two that SQS requires, at most one for each shard. Erasures have none.
    announcing_workers: int = _figure(4, 2, 64)
    renewal_workers: int = _figure(4, 2, 16)
    erasing_workers: int = _figure(5, 2, 100)
    # Of all workers together. SES usually begins with 14; the rest is for codes and for answers to requests.
    mails_per_second: int = _figure(10, 1, 1_000)

    @property
    def mail_interval(self) -> timedelta:
        """The time between two mails of one worker, with which all of them keep the rate."""
        return timedelta(seconds=self.announcing_workers / self.mails_per_second)


KINDS: tuple[type[FigureSet], ...] = (
    Limits, Transfers, ErasureWaits, PurgeLimits, BackupDays, ReconciliationLimits, IdleAccounts, FanOut,
    ChoiceWaits,
)  # fmt: skip

# A day, since a mail may be read only in the evening; a minute more than the 15 that a function may run.
LEAST_GRACE_HOURS, LEAST_LATE_WRITES_MINUTES = 24, 16
LEAST_NOTICE_HOURS = 24


def read(kind: type[_Figures], environment: Mapping[str, str]) -> _Figures:
    """The figures of a kind: the values of an environment, or the defaults.

    Raises:
        BadFigure: a value is not a whole number, or out of its range.
    """
    known = unpacked(environment)
    return kind(**{figure.name: _read(known, variable(kind, figure.name), figure) for figure in fields(kind)})


def packed(environment: Mapping[str, str]) -> str:
    """The figures that an environment sets, as one text for a template parameter.

    Raises:
        BadFigure: a value is not a whole number or out of its range, or a variable names no figure.
    """
    names = {variable(kind, figure.name) for kind in KINDS for figure in fields(kind)}
    given = {name: value for name, value in environment.items() if is_variable(name)}
    if unknown := sorted(given.keys() - names):
        raise BadFigure(f"{unknown[0]} is refused: no figure has this name")
    for kind in KINDS:
        read(kind, given)
    texts = sorted(f"{name.removeprefix('RU4M_').lower()}={int(value)}" for name, value in given.items())
    return ",".join(texts) or DEFAULTS


def unpacked(environment: Mapping[str, str]) -> Mapping[str, str]:
    """An environment in which each packed figure has its own variable."""
    text = environment.get(PACKED, DEFAULTS)
    if text == DEFAULTS:
        return environment
    pairs = (pair.partition("=") for pair in text.split(","))
    return {**{f"RU4M_{name.upper()}": value for name, _, value in pairs}, **environment}


def widened(times: int) -> dict[str, str]:
    """Variables that multiply the default of each count of uses, within its range."""
    rules = {figure.name: figure.metadata["rule"] for figure in fields(Limits)}
    counts = {name: rule for name, rule in rules.items() if rule.counts}
    return {
        variable(Limits, name): str(min(rule.default * times, rule.maximum)) for name, rule in counts.items()
    }


def variable(kind: type[FigureSet], name: str) -> str:
    """The variable that sets a figure."""
    return f"{kind.prefix}{name.upper()}"


def is_variable(name: str) -> bool:
    """Return whether a variable sets a figure, or looks like one that does."""
    return name.startswith(tuple(kind.prefix for kind in KINDS))


def _read(environment: Mapping[str, str], named: str, figure: "Field[Any]") -> int:
    rule: _Rule = figure.metadata["rule"]
    text = environment.get(named)
    if text is None:
        return rule.default
    try:
        value = int(text)
    except ValueError:
        value = rule.minimum - 1
    if not rule.minimum <= value <= rule.maximum:
        wanted = f"a whole number from {rule.minimum} to {rule.maximum}"
        raise BadFigure(f"{named} is refused: not {wanted}")
    return value
