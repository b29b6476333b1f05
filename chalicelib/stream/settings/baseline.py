"""The baseline, and how Stream's settings differ from it (STR-2, STR-3, STR-7, STR-11). No I/O.

The baseline is the settings with which our app at Stream keeps our promises.

A role that is listed here has exactly these permissions. Stream's roles of staff keep theirs, because only
the server gives a user such a role. Any other role has none. On a channel type that is not ours only members
read, too.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from chalicelib.core.durations import Duration, Unit
from chalicelib.stream.model import MESSAGE_NEW, SYSTEM_USER, HookType
from chalicelib.stream.settings.model import (
    Area,
    BaselineChoices,
    CheckedSetting,
    FoundSettings,
    Setting,
    SettingName,
    SettingStanding,
    SettingValue,
)

OUR_CHANNEL_TYPE = "messaging"
OLD_MESSAGES = "old-messages"  # Stream's policy that deletes messages by their age

USER_IS_ACTIVE, USER_IS_DEACTIVATED, USER_IS_MISSING = "active", "deactivated", "missing"

MAX_AGE = SettingName(Area.RETENTION, f"{OLD_MESSAGES} max_age_hours")
SYSTEM_USER_STATE = SettingName(Area.SYSTEM_USER, SYSTEM_USER)
PLACEMENT = SettingName(Area.APP, "placement")
EVENT_HOOKS = SettingName(Area.APP, "event_hooks")
PUSH_PROVIDERS = SettingName(Area.APP, "push_notifications.providers")

# Checks that are on, and features that could write or read more than our clients need.
_REQUIRED_OF_APP: Mapping[str, SettingValue] = {
    "disable_auth_checks": False,
    "disable_permissions_checks": False,
    "permission_version": "v2",
    "guest_user_creation_disabled": True,
    "user_search_disallowed_roles": ("guest", "user"),
    "enforce_unique_usernames": "no",
}
# Features that are off. Stream may omit one that an app does not have.
_FEATURES_OF_APP: Mapping[str, SettingValue] = {
    "async_url_enrich_enabled": False,
    "auto_translation_enabled": False,
    "image_moderation_enabled": False,
}
# Addresses to which Stream would send messages or events.
_STATED_HOOKS = ("webhook_url", "sqs_url", "sns_topic_arn", "custom_action_handler_url")
# Stream documents these as optional, and omits one that is not set. The second is set in the dashboard only.
OMITTED_HOOKS = ("before_message_send_hook_url", "moderation_webhook_url")
HOOK_ADDRESSES = (*_STATED_HOOKS, *OMITTED_HOOKS)
_IN_DASHBOARD = frozenset({"moderation_webhook_url"})
HOOK_IS_SET, NO_HOOK = "set", "none"
# Event hooks, as answers are read: ours as the baseline wants it, ours with other settings, and any other.
OUR_HOOK, OUR_HOOK_CHANGED, OTHER_HOOK = "our webhook", "our webhook, changed", "another hook"
PROVIDERS = ("apn", "firebase", "huawei", "xiaomi")
_FEATURES_OF_CHANNEL_TYPE: Mapping[str, SettingValue] = {
    "url_enrichment": False,
    "push_notifications": False,
    "automod": "disabled",
}

# Clients flag. They neither search for users nor write a profile; mutes are ours (PUT /v1/notifications).
_APP_GRANTS: Mapping[str, tuple[str, ...]] = {
    "user": ("flag-user",),
    "guest": (),
    "anonymous": (),
}
_MEMBER = (
    "add-links", "create-attachment", "create-message", "create-reaction", "flag-message",
    "read-channel", "read-channel-members", "send-custom-event",
    "upload-attachment",
)  # fmt: skip
# Stream gives these to the role `user`. Without them nobody edits their own message. Messages are deleted and
# conversations left by routes of ours: Stream only hides a message that a client deletes (STR-12).
_OWN_CONTENT = (
    "delete-attachment-owner", "delete-reaction-owner", "update-message-owner",
)  # fmt: skip
_STAFF = frozenset({"admin", "channel_moderator", "global_admin", "global_moderator", "moderator"})


def settings_for(found: FoundSettings, choices: BaselineChoices, placement: str | None) -> Iterator[Setting]:
    """Yield the settings of the baseline for the channel types and roles that an app has.

    Args:
        found: what Stream states.
        choices: what the deployment chooses.
        placement: where Stream hosts the app, as an operator confirmed it; None if no operator did.
    """
    yield from _of_app(choices)
    yield from _grants(Area.APP, "", _APP_GRANTS, found)
    yield Setting(PLACEMENT, placement, must_be_stated=False)
    for channel_type in sorted(found.channel_types | {OUR_CHANNEL_TYPE}):
        yield from _of_channel_type(channel_type, found)
    hours = hours_of(choices.messages_kept)
    yield Setting(MAX_AGE, hours, {"policy": OLD_MESSAGES, "max_age_hours": hours})
    yield Setting(SYSTEM_USER_STATE, USER_IS_ACTIVE, {})


def webhook(choices: BaselineChoices) -> Mapping[str, Any]:
    """Our webhook, the only hook of the app, as Stream takes it (ADR 39)."""
    return {
        "enabled": True,
        "hook_type": "webhook",
        "webhook_url": choices.webhook_url,
        "event_types": sorted({*HookType, *([MESSAGE_NEW] if choices.notifies else [])}),
    }


def hours_of(messages_kept: Duration) -> int:
    """The period of messages as Stream takes it.

    Raises:
        ValueError: months and years have no fixed number of hours.
    """
    match messages_kept.unit:
        case Unit.DAY:
            return messages_kept.count * 24
        case Unit.HOUR:
            return messages_kept.count
        case _:
            raise ValueError("the period of messages has to be in days or hours")


def _of_app(choices: BaselineChoices) -> Iterator[Setting]:
    for name, wanted in _REQUIRED_OF_APP.items():
        yield Setting(SettingName(Area.APP, name), wanted, {name: _json(wanted)})
    for name, wanted in _FEATURES_OF_APP.items():
        yield Setting(SettingName(Area.APP, name), wanted, {name: wanted}, must_be_stated=False)
    yield Setting(EVENT_HOOKS, (OUR_HOOK,), {"event_hooks": [webhook(choices)]})
    for name in HOOK_ADDRESSES:
        change = None if name in _IN_DASHBOARD else {name: ""}
        yield Setting(SettingName(Area.APP, name), NO_HOOK, change, must_be_stated=False)
    for provider in PROVIDERS:
        yield Setting(push_enabled(provider), False, {f"{provider}_config": None}, must_be_stated=False)  # noqa: FBT003 - the wanted value
    yield Setting(PUSH_PROVIDERS, 0, must_be_stated=False)


def push_enabled(provider: str) -> SettingName:
    """The setting that turns push through a provider on."""
    return SettingName(Area.APP, f"push_notifications.{provider}")


def _of_channel_type(channel_type: str, found: FoundSettings) -> Iterator[Setting]:
    area = Area.CHANNEL_TYPE
    members = (*_MEMBER, *_OWN_CONTENT) if channel_type == OUR_CHANNEL_TYPE else _MEMBER
    grants = {"user": (), "guest": (), "anonymous": (), "channel_member": tuple(sorted(members))}
    yield from _grants(area, channel_type, grants, found)
    for name, wanted in _FEATURES_OF_CHANNEL_TYPE.items():
        yield Setting(SettingName(area, name, channel_type), wanted, {name: wanted})


def _grants(
    area: Area, channel_type: str, wanted: Mapping[str, tuple[str, ...]], found: FoundSettings
) -> Iterator[Setting]:
    others = found.roles.get(channel_type, frozenset()) - wanted.keys() - _STAFF
    for role, permissions in {**wanted, **dict.fromkeys(sorted(others), ())}.items():
        change = {"grants": {role: list(permissions)}}
        yield Setting(SettingName(area, f"grants.{role}", channel_type), permissions, change)


def _json(value: SettingValue) -> Any:  # noqa: ANN401 - each setting's own type
    return list(value) if isinstance(value, tuple) else value


def compare(
    found: FoundSettings, choices: BaselineChoices, placement: str | None
) -> tuple[CheckedSetting, ...]:
    """Every setting of the baseline, and how it stands.

    Args:
        found: what Stream states.
        choices: what the deployment chooses.
        placement: where Stream hosts the app, as an operator confirmed it; None if no operator did.
    """
    settings = settings_for(found, choices, placement)
    return tuple(_checked(setting, found.values.get(setting.name)) for setting in settings)


def of_standing(checked: Iterable[CheckedSetting], standing: SettingStanding) -> tuple[CheckedSetting, ...]:
    """The settings that stand this way."""
    return tuple(one for one in checked if one.standing is standing)


def _checked(setting: Setting, found: SettingValue | None) -> CheckedSetting:
    return CheckedSetting(setting, found, _standing(setting, found))


def _standing(setting: Setting, found: SettingValue | None) -> SettingStanding:
    if setting.wanted is None:
        return SettingStanding.UNVERIFIED
    if found is None:
        return SettingStanding.DRIFTED if setting.must_be_stated else SettingStanding.UNVERIFIED
    # In Python, True equals 1.
    same = type(found) is type(setting.wanted) and found == setting.wanted
    return SettingStanding.KEPT if same else SettingStanding.DRIFTED
