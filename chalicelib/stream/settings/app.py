"""Reads the settings of an app at Stream, and applies those that differ.

No answer leaves this module as Stream sent it, because the one about the app has secrets.

Settings are applied by object: the app, each channel type, the policy, the system user. Wherever a run is
killed:

- Only what differs is sent. Each call is idempotent, so another run completes what a killed one left.
- A setting that Stream refuses stops no other: the settings of an object are sent together, and one by one if
  Stream refuses them.
- An outage ends the run. What was sent before stays.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from typing import Any, NamedTuple, TypeVar

from chalicelib.core.clock import Pace
from chalicelib.privacy.purposes import Purpose
from chalicelib.stream import gateway
from chalicelib.stream.model import (
    SYSTEM_USER,
    SYSTEM_USER_NAME,
    WEBHOOK_PATH,
    AppAccess,
    StreamRefused,
    StreamUnavailable,
)
from chalicelib.stream.settings import answers, baseline
from chalicelib.stream.settings.answers import OtherForm, Stated
from chalicelib.stream.settings.model import (
    Area,
    BaselineChoices,
    CheckedSetting,
    FoundSettings,
    SettingName,
    SettingStanding,
    SettingValue,
)

_R = TypeVar("_R")
_Json = Mapping[str, Any]

# Stream permits 60 calls a minute about channel types, and two a second.
_BETWEEN_CALLS = timedelta(milliseconds=500)


@dataclass(frozen=True)
class StreamApp:
    """An app at Stream. `access`: its credentials; None for those of this function."""

    access: AppAccess | None = None

    def read(self, choices: BaselineChoices) -> FoundSettings:
        """Read what Stream states about the settings of the baseline.

        `choices` has the address by which our webhook is recognised.

        It takes four calls, and one for each channel type that the list shows without grants. What Stream
        refuses to state counts as not stated.

        Raises:
            StreamUnavailable: no answer, or one of another form; nothing is known.
            StreamRefused: Stream refuses to show the app or its channel types.
        """
        webhook = baseline.webhook(choices)
        app = self._ask(lambda client: client.get_app_settings(), lambda answer: answers.app(answer, webhook))
        types = dict(self._ask(lambda client: client.list_channel_types(), answers.channel_types))
        types.update(self._single(types))
        values = dict(app.values) | dict(self._retention())
        values[baseline.SYSTEM_USER_STATE] = self._system_user()
        for stated in types.values():
            values.update(stated.values)
        granted = {"": app.roles, **{name: stated.roles for name, stated in types.items()}}
        roles = {name: known for name, known in granted.items() if known is not None}
        return FoundSettings(values, frozenset(types), roles)

    def webhook_owners(self) -> tuple[str, ...]:
        """Read the addresses of the services like ours that get the app's events; one is bound to it.

        Raises:
            StreamUnavailable, StreamRefused: as for `read`.
        """
        return self._ask(
            lambda client: client.get_app_settings(),
            lambda answer: answers.webhook_owners(answer, WEBHOOK_PATH),
        )

    def change_app(self, settings: _Json) -> None:
        """Change settings of the app; Stream changes all of them or none.

        Raises:
            StreamRefused: Stream refuses a setting.
            StreamUnavailable: the outcome is unknown; the same call may be sent again.
        """
        self._send(lambda client: client.update_app_settings(**settings))

    def change_channel_type(self, name: str, settings: _Json) -> None:
        """Change settings of a channel type; Stream changes all of them or none.

        Raises:
            StreamRefused, StreamUnavailable: as for `change_app`.
        """
        if not answers.is_safe_in_a_path(name):
            raise StreamRefused
        self._send(lambda client: client.update_channel_type(name, **settings))

    def change_retention(self, policy: _Json) -> None:
        """Set the age at which Stream deletes messages.

        Raises:
            StreamRefused, StreamUnavailable: as for `change_app`.
        """
        self._send(lambda client: client.post("retention_policy", data=dict(policy)))

    def provide_system_user(self) -> None:
        """Create the system user, or reactivate it.

        Raises:
            StreamRefused, StreamUnavailable: as for `change_app`.
        """
        user = {"id": SYSTEM_USER, "name": SYSTEM_USER_NAME}
        self._send(lambda client: client.upsert_users([user]))
        if self._system_user() == baseline.USER_IS_DEACTIVATED:
            self._send(lambda client: client.reactivate_user(SYSTEM_USER))

    def _single(self, types: Mapping[str, Stated]) -> Iterator[tuple[str, Stated]]:
        """Read the channel types that the list shows without grants, one by one."""
        pace = Pace(_BETWEEN_CALLS)
        for name in [one for one, stated in types.items() if stated.roles is None]:
            if answers.is_safe_in_a_path(name):
                pace.wait()
                with suppress(StreamRefused):  # its grants stay unstated
                    yield name, self._channel_type(name)

    def _channel_type(self, name: str) -> Stated:
        return self._ask(
            lambda client: client.get_channel_type(name), lambda answer: answers.channel_type(name, answer)
        )

    def _retention(self) -> Iterator[tuple[SettingName, SettingValue]]:
        with suppress(StreamRefused):
            hours = self._ask(lambda client: client.get("retention_policy"), answers.max_age_hours)
            if hours is not None:
                yield baseline.MAX_AGE, hours

    def _system_user(self) -> str:
        wanted = {"id": {"$in": [SYSTEM_USER]}}
        return self._ask(
            lambda client: client.query_users(wanted, limit=1, include_deactivated_users=True),
            answers.system_user,
        )

    def _ask(self, call: Callable[[Any], Any], read: Callable[[Any], _R]) -> _R:
        answer = self._send(call)
        try:
            return read(answer)
        except OtherForm:
            raise StreamUnavailable from None

    def _send(self, call: Callable[[Any], Any]) -> object:
        return gateway.ask(call, frozenset(), Purpose.SERVICE, self.access)


def object_of(name: SettingName) -> tuple[Area, str]:
    """The object that a call changes; the settings of one are sent together."""
    return name.area, name.channel_type


# Stream permits two changes a second of the app and of channel types, and 60 a minute.
_BETWEEN_CHANGES = timedelta(milliseconds=500)


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
    pace = Pace(_BETWEEN_CHANGES)
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
