"""One check of the settings of our app at Stream (STR-2, STR-3, STR-7, STR-11, ADR 38).

Invariants:

- A check changes nothing at Stream.
- Only a complete answer counts. In an outage, and while Stream limits the calls, there is no figure and no
  evidence: the alarm on missing checks rings, not the one on drift.
- A placement that no operator confirmed is unverified. No value of Stream counts as a region in the EU.
- The Ledger has what checks found, and the placement that an operator confirmed. Its entries name settings,
  roles and channel types, and no person; the next checkpoint signs them.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from chalicelib.consents.notices import service as notices
from chalicelib.consents.notices.model import NoticeKind
from chalicelib.core import chain, clock, metrics, observe
from chalicelib.core.chain import Chain, DailyHistory, NewEntry, Unreadable
from chalicelib.core.durations import Duration
from chalicelib.core.metrics import Metric
from chalicelib.core.settings import settings
from chalicelib.privacy.periods import Period
from chalicelib.privacy.purposes import Practice
from chalicelib.stream.settings import baseline
from chalicelib.stream.settings.app import StreamApp
from chalicelib.stream.settings.model import BaselineChoices, CheckedSetting, SettingStanding

HISTORY = DailyHistory("chat_settings")
PLACEMENT = Chain(HISTORY.kind, "placement")

CHECKED, PLACEMENT_CONFIRMED = "checked", "placement_confirmed"
_MOST_NAMED = 50  # names of an entry, which has to stay small; the numbers count all


def record_checked(drifted: Iterable[CheckedSetting], unverified: Iterable[CheckedSetting]) -> None:
    """Record the outcome of a check: once a day, and when it differs from the one before.

    Raises:
        Unavailable: the Ledger does not answer.
    """
    now = clock.now()
    outcome = {**_named("drifted", drifted), **_named("unverified", unverified)}
    newest = HISTORY.newest(now)
    if newest is None or newest.data != outcome:
        HISTORY.record(now, CHECKED, outcome, Period.AUDIT.ends(now))


def record_placement(app: str, placement: str) -> None:
    """Record that an operator confirmed where Stream hosts an app.

    Raises:
        Unavailable: the Ledger does not answer.
        Unreadable: the newest confirmation was altered.
    """
    said = {"app": app, "placement": placement}
    chain.append(PLACEMENT, NewEntry(PLACEMENT_CONFIRMED, said, Period.AUDIT.ends(clock.now())))


def placement_of(app: str) -> str | None:
    """The placement of an app that an operator confirmed; None if no operator did, or too long ago.

    Raises:
        Unavailable: the Ledger does not answer.
    """
    try:
        newest = chain.head(PLACEMENT)
    except Unreadable as altered:
        observe.log_failure("placement_unreadable", altered)
        return None
    if newest is None or newest.delete_at <= clock.now() or newest.data.get("app") != app:
        return None
    return str(newest.data["placement"])


def _named(word: str, checked: Iterable[CheckedSetting]) -> dict[str, object]:
    names = sorted(one.name for one in checked)
    return {word: len(names), f"{word}_settings": names[:_MOST_NAMED]}


class PlacementRefused(Exception):
    """Stream states another placement than the operator confirmed, or none."""


@dataclass(frozen=True)
class SettingsCheck:
    """The outcome of a check."""

    checked: tuple[CheckedSetting, ...]

    @property
    def drifted(self) -> tuple[CheckedSetting, ...]:
        """The settings that differ from the baseline."""
        return baseline.of_standing(self.checked, SettingStanding.DRIFTED)

    @property
    def unverified(self) -> tuple[CheckedSetting, ...]:
        """The settings of which nothing shows whether they are kept."""
        return baseline.of_standing(self.checked, SettingStanding.UNVERIFIED)

    @property
    def counts(self) -> dict[str, int]:
        """The figures of the check."""
        return {
            "checked": len(self.checked),
            "drifted": len(self.drifted),
            "unverified": len(self.unverified),
        }


def check() -> SettingsCheck:
    """Compare the settings with the baseline, report the figures, and record the outcome.

    Raises:
        StreamUnavailable, StreamRefused: Stream does not answer, or refuses; nothing is known.
        Unavailable: the Ledger does not answer.
    """
    placement = placement_of(settings().stream_api_key)
    choices = _choices()
    done = SettingsCheck(baseline.compare(StreamApp().read(choices), choices, placement))
    metrics.gauge(Metric.CHAT_SETTINGS_DRIFTED, len(done.drifted))
    metrics.gauge(Metric.CHAT_SETTINGS_UNVERIFIED, len(done.unverified))
    record_checked(done.drifted, done.unverified)
    return done


def messages_kept() -> Duration:
    """How long messages may stay at Stream (STR-11).

    This is the configured period, or that of the privacy policy in effect if it is shorter.
    """
    return min(Period.CHAT_MESSAGES.length, notices.current(NoticeKind.PRIVACY).messages_kept)


def confirmed_placement() -> str:
    """The placement that an operator confirmed; empty if no operator did.

    Raises:
        Unavailable: the Ledger does not answer.
    """
    return placement_of(settings().stream_api_key) or ""


def confirm_placement(placement: str) -> None:
    """Record that an operator confirmed where Stream hosts the app.

    Raises:
        PlacementRefused: Stream states another placement.
        StreamUnavailable, StreamRefused: as for `check`.
        Unavailable: as for `check`.
    """
    if not placement or StreamApp().read(_choices()).values.get(baseline.PLACEMENT) != placement:
        raise PlacementRefused
    record_placement(settings().stream_api_key, placement)


def _choices() -> BaselineChoices:
    return BaselineChoices(messages_kept(), settings().issuer, notices.describes(Practice.NOTIFYING))
