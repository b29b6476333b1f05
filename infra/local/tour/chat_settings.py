"""The chapter about the settings of the app at Stream: a changed one is found and applied back."""

from __future__ import annotations

from infra.deployment import chat_settings
from infra.local.tour.narration import Tour


def keep_settings(tour: Tour) -> None:
    """A setting that somebody changed at Stream is found and set back."""
    checked = tour.cloud.run("check_chat_settings")
    tour.say(f"check_chat_settings: {checked['checked']} settings at Stream compared with the baseline")
    tour.check("all are as declared, since the start of the cloud applied them", checked["drifted"] == 0)
    tour.stream_api().update_channel_type("livestream", grants={"user": ["read-channel"]})
    tour.say("somebody lets every user read livestreams, in Stream's dashboard")
    tour.check("the next check finds it", tour.cloud.run("check_chat_settings")["drifted"] == 1)
    target = tour.cloud.target
    chosen = chat_settings.choices(target.periods, target.issuer)
    applied = chat_settings.apply_baseline(target.stream_access(tour.cloud.account), chosen)
    tour.say(f"ops chat-settings apply changes: {', '.join(one.checked.name for one in applied)}")
    tour.check(
        "nothing differs any more, and the alarm ends", tour.cloud.run("check_chat_settings")["drifted"] == 0
    )
