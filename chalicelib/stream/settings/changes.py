"""Applies the settings that differ, by object: the app, each channel type, the policy, the system user.

Invariants, wherever it is killed:

- Only what differs is sent. Each call is idempotent, so another run completes what a killed one left.
- A setting that Stream refuses stops no other: the settings of an object are sent together, and one by one if
  Stream refuses them.
- An outage ends the run. What was sent before stays.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from itertools import groupby
from typing import Any, NamedTuple

from chalicelib.core.clock import Pace
from chalicelib.stream.refusals import StreamRefused
from chalicelib.stream.settings.app import StreamApp, object_of
from chalicelib.stream.settings.model import Area, CheckedSetting, SettingStanding

# Stream permits two changes a second of the app and of channel types, and 60 a minute.
_BETWEEN_CALLS = timedelta(milliseconds=500)


class AppliedSetting(NamedTuple):
    """A setting that was sent, and whether Stream accepted it."""

    checked: CheckedSetting
    accepted: bool


def changeable(checked: Iterable[CheckedSetting]) -> tuple[CheckedSetting, ...]:
    """The settings that differ and that a call can set."""
    return tuple(one for one in checked if _needs_a_call(one))


def apply(app: StreamApp, checked: Iterable[CheckedSetting]) -> Iterator[AppliedSetting]:
    """Send what differs, and yield each setting once Stream has answered.

    Raises:
        StreamUnavailable: Stream does not answer, or limits the calls; run it again.
    """
    pace = Pace(_BETWEEN_CALLS)
    wanted = sorted(changeable(checked), key=lambda one: object_of(one.setting.name))
    for (area, channel_type), settings in groupby(wanted, key=lambda one: object_of(one.setting.name)):
        if area is Area.CHANNEL_TYPE:
            pace.wait()
        yield from _send(_sender(app, area, channel_type), list(settings), pace)


def _needs_a_call(one: CheckedSetting) -> bool:
    if one.setting.change is None:
        return False
    # A value that Stream does not state may be wrong, and to set it again changes nothing.
    return one.standing is not SettingStanding.KEPT


def _send(
    send: Callable[[Mapping[str, Any]], None], settings: list[CheckedSetting], pace: Pace
) -> Iterator[AppliedSetting]:
    try:
        send(_merged(settings))
    except StreamRefused:
        if len(settings) == 1:
            yield AppliedSetting(settings[0], accepted=False)
            return
        for one in settings:
            pace.wait()
            yield from _send(send, [one], pace)
    else:
        for one in settings:
            yield AppliedSetting(one, accepted=True)


def _sender(app: StreamApp, area: Area, channel_type: str) -> Callable[[Mapping[str, Any]], None]:
    match area:
        case Area.APP:
            return app.change_app
        case Area.CHANNEL_TYPE:
            return lambda changes: app.change_channel_type(channel_type, changes)
        case Area.RETENTION:
            return app.change_retention
        case Area.SYSTEM_USER:
            return lambda _: app.provide_system_user()


def _merged(settings: Iterable[CheckedSetting]) -> dict[str, Any]:
    """The changes of several settings of one object as one; grants are merged by role."""
    merged: dict[str, Any] = {}
    for one in settings:
        for name, value in (one.setting.change or {}).items():
            merged[name] = {**merged[name], **value} if name in merged else value
    return merged
