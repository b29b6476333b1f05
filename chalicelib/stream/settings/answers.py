"""Reads Stream's answers about an app. No I/O.

The answer about the app also has secrets of queues and credentials of push providers. Only the fields that
are named here are read, of addresses of hooks only whether they are set, and of event hooks only whether one
is ours. A value of another type than documented counts as not stated, so it hides no other. An answer of
another form is `OtherForm`.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, StrictBool, StrictInt, StrictStr, WrapValidator
from pydantic import ValidationError as Invalid

from chalicelib.stream.model import SYSTEM_USER
from chalicelib.stream.settings import baseline
from chalicelib.stream.settings.baseline import (
    HOOK_ADDRESSES,
    HOOK_IS_SET,
    NO_HOOK,
    OLD_MESSAGES,
    OMITTED_HOOKS,
    PROVIDERS,
)
from chalicelib.stream.settings.model import Area, SettingName, SettingValue

_Grants = dict[str, list[str]]
_M = TypeVar("_M", bound=BaseModel)

# The SDK puts the name of a channel type into the path unescaped.
_SAFE_IN_A_PATH = re.compile(r"[0-9A-Za-z_-]{1,64}")


class OtherForm(ValueError):
    """An answer about settings has another form than documented, so it states nothing."""


def _or_unstated(value: object, read: Callable[[object], Any]) -> Any:  # noqa: ANN401 - each field's own type
    try:
        return read(value)
    except Invalid:
        return None


def _whether_set(value: object) -> object:
    """Whether the text of an address is there; the text itself is not kept."""
    return bool(value) if isinstance(value, str) else None


def _number_of(value: object) -> object:
    return len(value) if isinstance(value, list) else None


_UNSTATED = WrapValidator(_or_unstated)
_Flag = Annotated[StrictBool | None, _UNSTATED]
_Text = Annotated[StrictStr | None, _UNSTATED]
_Number = Annotated[StrictInt | None, _UNSTATED]
_Texts = Annotated[list[StrictStr] | None, _UNSTATED]
_Address = Annotated[bool | None, BeforeValidator(_whether_set)]
_Count = Annotated[int | None, BeforeValidator(_number_of)]
_Hooks = Annotated[list[object] | None, _UNSTATED]
_Roles = Annotated[_Grants | None, _UNSTATED]


class _Answer(BaseModel, extra="ignore", frozen=True, hide_input_in_errors=True):
    """The named fields of an answer; all others are dropped."""


class _PushProvider(_Answer):
    enabled: _Flag = None


_Provider = Annotated[_PushProvider | None, _UNSTATED]


class _Push(_Answer):
    apn: _Provider = None
    firebase: _Provider = None
    huawei: _Provider = None
    xiaomi: _Provider = None
    providers: _Count = None


class _App(_Answer):
    disable_auth_checks: _Flag = None
    disable_permissions_checks: _Flag = None
    permission_version: _Text = None
    guest_user_creation_disabled: _Flag = None
    user_search_disallowed_roles: _Texts = None
    enforce_unique_usernames: _Text = None
    async_url_enrich_enabled: _Flag = None
    auto_translation_enabled: _Flag = None
    image_moderation_enabled: _Flag = None
    webhook_url: _Address = None
    sqs_url: _Address = None
    sns_topic_arn: _Address = None
    before_message_send_hook_url: _Address = None
    moderation_webhook_url: _Address = None
    custom_action_handler_url: _Address = None
    event_hooks: _Hooks = None
    placement: _Text = None
    push_notifications: Annotated[_Push | None, _UNSTATED] = None
    grants: _Roles = None


class _ChannelType(_Answer):
    url_enrichment: _Flag = None
    push_notifications: _Flag = None
    automod: _Text = None
    grants: _Roles = None


class _AppAnswer(_Answer):
    app: _App


class _TypesAnswer(_Answer):
    channel_types: dict[str, _ChannelType]


class _PolicyConfig(_Answer):
    max_age_hours: _Number = None


class _Policy(_Answer):
    policy: StrictStr
    config: _PolicyConfig


class _PoliciesAnswer(_Answer):
    policies: list[_Policy]


class _User(_Answer):
    id: StrictStr
    deactivated_at: object = None
    deleted_at: object = None


class _UsersAnswer(_Answer):
    users: list[_User]


@dataclass(frozen=True)
class Stated:
    """What an answer states about an app or a channel type.

    `roles`: the roles with grants; None if the answer has no grants.
    """

    values: Mapping[SettingName, SettingValue]
    roles: frozenset[str] | None


def app(answer: object, webhook: Mapping[str, Any]) -> Stated:
    """The settings of an app.

    Args:
        answer: Stream's.
        webhook: our webhook, as Stream takes it; it is recognised by its address.

    Raises:
        OtherForm: there is no app in the answer.
    """
    found = _read(_AppAnswer, answer).app
    named = {SettingName(Area.APP, name): value for name, value in _plain(found)}
    named.update((SettingName(Area.APP, name), state) for name, state in _hooks(found))
    if found.event_hooks is not None:
        named[baseline.EVENT_HOOKS] = tuple(sorted(_event_hook(one, webhook) for one in found.event_hooks))
    named.update(_push(found.push_notifications))
    named.update(_grants(Area.APP, "", found.grants))
    return Stated(named, _roles(found.grants))


def channel_types(answer: object) -> Mapping[str, Stated]:
    """The settings of all channel types, by name.

    Raises:
        OtherForm: there are no channel types in the answer.
    """
    return {name: _stated(name, one) for name, one in _read(_TypesAnswer, answer).channel_types.items()}


def channel_type(name: str, answer: object) -> Stated:
    """The settings of one channel type.

    Raises:
        OtherForm: the answer is not an object.
    """
    return _stated(name, _read(_ChannelType, answer))


def max_age_hours(answer: object) -> int | None:
    """The age at which Stream deletes messages; None if no policy says so.

    Raises:
        OtherForm: there are no policies in the answer.
    """
    policies = _read(_PoliciesAnswer, answer).policies
    ages = {one.policy: one.config.max_age_hours for one in policies}
    return ages.get(OLD_MESSAGES)


def system_user(answer: object) -> str:
    """The state of the system user, from the answer to a query for it.

    Raises:
        OtherForm: there is no list of users in the answer, or another user.
    """
    users = [one for one in _read(_UsersAnswer, answer).users if one.deleted_at is None]
    if any(one.id != SYSTEM_USER for one in users):
        raise OtherForm
    if not users:
        return baseline.USER_IS_MISSING
    return baseline.USER_IS_DEACTIVATED if users[0].deactivated_at else baseline.USER_IS_ACTIVE


def is_safe_in_a_path(channel_type: str) -> bool:
    """Whether a call may name a channel type in its path."""
    return _SAFE_IN_A_PATH.fullmatch(channel_type) is not None


def _stated(name: str, found: _ChannelType) -> Stated:
    named = {SettingName(Area.CHANNEL_TYPE, field, name): value for field, value in _plain(found)}
    named.update(_grants(Area.CHANNEL_TYPE, name, found.grants))
    return Stated(named, _roles(found.grants))


def _plain(found: BaseModel) -> Iterator[tuple[str, SettingValue]]:
    """Yield the fields that are values as they stand; a list has no order."""
    for name, value in found:
        if name in HOOK_ADDRESSES or name == "event_hooks":
            continue
        if isinstance(value, bool | int | str):
            yield name, value
        elif isinstance(value, list):
            yield name, tuple(sorted(value))


def _hooks(found: _App) -> Iterator[tuple[str, str]]:
    """Yield whether addresses of hooks are set; an omitted one is not, if the answer states others."""
    for name in HOOK_ADDRESSES:
        is_omitted = name in OMITTED_HOOKS and name not in found.model_fields_set
        if is_omitted and found.webhook_url is not None:
            yield name, NO_HOOK
        elif (is_set := getattr(found, name)) is not None:
            yield name, HOOK_IS_SET if is_set else NO_HOOK


def _event_hook(hook: object, webhook: Mapping[str, Any]) -> str:
    """A hook in words. Its address may have a password, so it is only compared."""
    if not isinstance(hook, dict) or any(
        hook.get(name) != webhook[name] for name in ("hook_type", "webhook_url")
    ):
        return baseline.OTHER_HOOK
    types = hook.get("event_types")
    same_types = isinstance(types, list) and sorted(map(str, types)) == webhook["event_types"]
    is_same = same_types and hook.get("enabled") is True
    return baseline.OUR_HOOK if is_same else baseline.OUR_HOOK_CHANGED


def webhook_owners(answer: object, path: str) -> tuple[str, ...]:
    """The https origins of services like ours that an app sends its events to, by the path of their webhook.

    Nothing else of an address is kept, because it may have a password.

    Raises:
        OtherForm: the answer is not about an app.
    """
    found = _read(_AppAnswer, answer).app.event_hooks or []
    urls = [hook.get("webhook_url") for hook in found if isinstance(hook, dict)]
    parts = [urlsplit(url) for url in urls if isinstance(url, str)]
    ours = (one for one in parts if one.scheme == "https" and one.path.endswith(path))
    return tuple(
        sorted({f"https://{one.netloc.rpartition('@')[2]}{one.path.removesuffix(path)}" for one in ours})
    )


def _push(found: _Push | None) -> Iterator[tuple[SettingName, SettingValue]]:
    if found is None:
        return
    for name in PROVIDERS:
        provider = getattr(found, name)
        if provider and provider.enabled is not None:
            yield baseline.push_enabled(name), provider.enabled
    if found.providers is not None:
        yield baseline.PUSH_PROVIDERS, found.providers


def _grants(
    area: Area, channel_type: str, grants: _Grants | None
) -> Iterator[tuple[SettingName, SettingValue]]:
    for role, permissions in (grants or {}).items():
        yield SettingName(area, f"grants.{role}", channel_type), tuple(sorted(set(permissions)))


def _roles(grants: _Grants | None) -> frozenset[str] | None:
    return None if grants is None else frozenset(grants)


def _read(model: type[_M], answer: object) -> _M:
    try:
        return model.model_validate(answer)
    except Invalid:
        raise OtherForm from None
