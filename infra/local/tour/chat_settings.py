"""The chapters about the settings of the app at Stream: one is set back, and one deletes old messages."""

from __future__ import annotations

from infra.deployment import chat_settings
from infra.local.tour.narration import Tour
from infra.stream_emulator.routes.retention import OLD_MESSAGES

_DAY = 24 * 3600


def keep_settings(tour: Tour) -> None:
    """A setting that a person changed in Stream's dashboard is found and set back."""
    checked = tour.cloud.run("check_chat_settings")
    tour.say(f"check_chat_settings: {checked['checked']} settings at Stream compared with the baseline")
    tour.check("all are as declared, since the start of the cloud applied them", checked["drifted"] == 0)
    tour.stream_api().update_channel_type("livestream", grants={"user": ["read-channel"]})
    tour.say("an administrator lets every user read livestreams, in Stream's dashboard")
    tour.check("the next check finds it", tour.cloud.run("check_chat_settings")["drifted"] == 1)
    target = tour.cloud.target
    chosen = chat_settings.choices(target.periods, target.issuer)
    applied = chat_settings.apply_baseline(target.stream_access(tour.cloud.account), chosen)
    tour.say(f"ops chat-settings apply changes: {', '.join(one.checked.name for one in applied)}")
    tour.check(
        "nothing differs any more, and the alarm ends", tour.cloud.run("check_chat_settings")["drifted"] == 0
    )


def delete_old_messages(tour: Tour) -> None:
    """A message past its period is gone at Stream."""
    jovan, stream = tour.phones["Jovan"], tour.cloud.stream
    channel = tour.stream_api().channel("messaging", "old", {"members": [jovan.user_id]})
    channel.create(jovan.user_id)
    old, young = (
        channel.send_message({"text": text}, jovan.user_id)["message"]["id"] for text in ("Zdravo", "Ćao")
    )
    age = stream.state()["retention"][OLD_MESSAGES]["config"]["max_age_hours"]
    tour.say(
        f"Stream deletes messages after {age} hours, as the baseline wants; 31 days and a clean-up later:"
    )
    stream.make_older(31 * _DAY, messages=[old], policies=[OLD_MESSAGES])
    stream.clean_up()
    left = [message["id"] for message in channel.query(messages={"limit": 10})["messages"]]
    tour.check("the old message is gone, the young one is there", left == [young])
    kept = jovan.call("GET", "/v1/controller").body["retention"]
    (stated,) = (one["kept"] for one in kept if one["what"] == "chat_message")
    tour.say(f"the service states: kept {stated}")
