"""Compares the baseline with what Stream states. No I/O."""

from collections.abc import Iterable

from chalicelib.stream.settings import baseline
from chalicelib.stream.settings.model import (
    BaselineChoices,
    CheckedSetting,
    FoundSettings,
    Setting,
    SettingStanding,
    SettingValue,
)


def compare(
    found: FoundSettings, choices: BaselineChoices, placement: str | None
) -> tuple[CheckedSetting, ...]:
    """Every setting of the baseline, and how it stands.

    Args:
        found: what Stream states.
        choices: what the deployment chooses.
        placement: where Stream hosts the app, as an operator confirmed it; None if no operator did.
    """
    settings = baseline.settings_for(found, choices, placement)
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
