"""One check of the settings of our app at Stream (STR-2, STR-3, STR-7, STR-11, ADR 38).

Invariants:

- A check changes nothing at Stream.
- Only a complete answer counts. In an outage, and while Stream limits the calls, there is no figure and no
  evidence: the alarm on missing checks rings, not the one on drift.
- A placement that no operator confirmed is unverified. No value of Stream counts as a region in the EU.
"""

from dataclasses import dataclass

from chalicelib.consents.notices import service as notices
from chalicelib.consents.notices.model import NoticeKind
from chalicelib.core import metrics
from chalicelib.core.durations import Duration
from chalicelib.core.metrics import Metric
from chalicelib.core.settings import settings
from chalicelib.privacy.periods import Period
from chalicelib.stream.settings import baseline, comparison, evidence
from chalicelib.stream.settings.app import StreamApp
from chalicelib.stream.settings.model import BaselineChoices, CheckedSetting, SettingStanding


class PlacementRefused(Exception):
    """Stream states another placement than the operator confirmed, or none."""


@dataclass(frozen=True)
class SettingsCheck:
    """The outcome of a check."""

    checked: tuple[CheckedSetting, ...]

    @property
    def drifted(self) -> tuple[CheckedSetting, ...]:
        """The settings that differ from the baseline."""
        return comparison.of_standing(self.checked, SettingStanding.DRIFTED)

    @property
    def unverified(self) -> tuple[CheckedSetting, ...]:
        """The settings of which nothing shows whether they are kept."""
        return comparison.of_standing(self.checked, SettingStanding.UNVERIFIED)

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
    placement = evidence.confirmed_placement(settings().stream_api_key)
    choices = _choices()
    done = SettingsCheck(comparison.compare(StreamApp().read(choices), choices, placement))
    metrics.gauge(Metric.CHAT_SETTINGS_DRIFTED, len(done.drifted))
    metrics.gauge(Metric.CHAT_SETTINGS_UNVERIFIED, len(done.unverified))
    evidence.record_checked(done.drifted, done.unverified)
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
    return evidence.confirmed_placement(settings().stream_api_key) or ""


def confirm_placement(placement: str) -> None:
    """Record that an operator confirmed where Stream hosts the app.

    Raises:
        PlacementRefused: Stream states another placement.
        StreamUnavailable, StreamRefused: as for `check`.
        Unavailable: as for `check`.
    """
    if not placement or StreamApp().read(_choices()).values.get(baseline.PLACEMENT) != placement:
        raise PlacementRefused
    evidence.record_placement(settings().stream_api_key, placement)


def _choices() -> BaselineChoices:
    return BaselineChoices(messages_kept(), settings().issuer)
