"""How long things are kept: the defaults, and how far a stage may move each of them.

A stage is configured with what differs from the defaults, as in `usage=P14D,idle_session=P30D`. What the
periods are counted from, and how they are told to people, stands in privacy/periods.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from chalicelib.core.durations import Duration

# Said where nothing differs: a stack's parameter and a function's variable can't be empty.
DEFAULTS = "defaults"


@dataclass(frozen=True)
class Bounds:
    """A period's default, and the least and the most that may be configured instead."""

    default: Duration
    least: Duration
    most: Duration


def _bounds(default: str, least: str, most: str) -> Bounds:
    return Bounds(Duration.parse(default), Duration.parse(least), Duration.parse(most))


PERIODS: Mapping[str, Bounds] = {
    # A repeated request finds its challenge for 24 hours (core/idempotency).
    "challenge": _bounds("PT48H", "PT24H", "P7D"),
    "limit": _bounds("P1D", "P1D", "P1D"),  # a slot of the limiter, which sets its own end
    # A day's counts of codes: the job that adds them up reads those of yesterday (ADR 26).
    "code_count": _bounds("P3D", "P3D", "P3D"),  # from the day's first second
    "code_history": _bounds("P7D", "P7D", "P7D"),
    # How far an announcement got, with the last account; touched every three days while it matters.
    "announcing": _bounds("P7D", "P7D", "P7D"),
    # The last bounces come days later; whose mail it was is forgotten then.
    "mail_return": _bounds("P7D", "P2D", "P7D"),
    "idle_session": _bounds("P60D", "P1D", "P1Y"),
    # How long a device may use the reserve of its number after its last session (ADR 25).
    "known_device": _bounds("P90D", "P1D", "P180D"),
    # A day's events are needed until the day is closed and its figures are published.
    "usage": _bounds("P30D", "P7D", "P90D"),
    "usage_count": _bounds("P1D", "P1D", "P1D"),  # counted from the day's first second
    "security_log": _bounds("P90D", "P7D", "P180D"),
    # Long enough to come back for it after a weekend; whoever is later asks again.
    "export": _bounds("P5D", "P1D", "P7D"),
    # Claims lapse after three years (and count from the end of the year in some countries).
    "rights_evidence": _bounds("P3Y", "P1Y", "P10Y"),
    # Outlasts the evidence that names its pseudonyms; a request may be open for months before its own begins.
    "staff_register": _bounds("P5Y", "P2Y", "P15Y"),
    "consent_evidence": _bounds("P5Y", "P3Y", "P10Y"),
    "billing": _bounds("P10Y", "P10Y", "P15Y"),
}


def read(text: str) -> Mapping[str, Duration]:
    """All periods by name, as configured.

    Raises:
        ValueError: a name is unknown or said twice, a length is malformed or out of bounds. The text
            repeats nothing of what was given but the names of periods.
    """
    configured: dict[str, Duration] = {}
    for part in text.split(",") if text not in {"", DEFAULTS} else ():
        name, _, length = part.strip().partition("=")
        if name not in PERIODS or name in configured:
            raise ValueError("it is a list of different periods, as usage=P14D,idle_session=P30D")
        configured[name] = _within(name, length)
    periods = {name: bounds.default for name, bounds in PERIODS.items()} | configured
    if periods["staff_register"] <= periods["rights_evidence"]:
        raise ValueError("staff_register has to be longer than rights_evidence, which names its pseudonyms")
    return periods


def _within(name: str, length: str) -> Duration:
    try:
        duration = Duration.parse(length)
    except ValueError as malformed:
        raise ValueError(f"{name} is {malformed}") from None
    bounds = PERIODS[name]
    if not bounds.least <= duration <= bounds.most:
        raise ValueError(f"{name} has to be between {bounds.least} and {bounds.most}")
    return duration
