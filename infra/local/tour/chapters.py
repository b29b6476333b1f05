"""The chapters of the tour, in order.

A chapter is a function of the Tour; its docstring is the title.
"""

from __future__ import annotations

import time
from datetime import timedelta
from functools import partial

from chalicelib.consents.notices.model import Notice, NoticeKind, NoticeVersion
from chalicelib.core import clock
from chalicelib.core.table_names import Table
from infra.local.children import LOCAL
from infra.local.js import ChatClients, ChatError
from infra.local.tour import usage
from infra.local.tour.abuse import answer_abuse
from infra.local.tour.erasure import erase_account
from infra.local.tour.narration import Chapter, Tour
from infra.local.tour.people import become_contacts, chat, match_contacts, show_avatar
from infra.local.tour.phone import Phone, codes_in
from infra.local.tour.restore import back_up, restore_backup
from infra.local.tour.retention import clean_up
from infra.local.tour.rights import exercise_access
from infra.local.tour.stream import delete_old_messages, keep_settings, receive_events
from infra.local.tour.usage import an_event, batch
from infra.local.waiting import until
from infra.ops.reports.plots import as_svg

_MILA, _JOVAN = "1234567", "1234568"


def sign_up(tour: Tour) -> None:
    """Mila signs up with her mobile number."""
    mila = tour.someone("Mila", _MILA)
    started = mila.ask_for_code()
    text = mila.read_text()
    tour.say(f"[dim]text message to {mila.number}:[/] [italic]“{text}”[/]")
    challenge = started.body["challenge_id"]
    code = mila.read_code()
    refused = mila.try_code(challenge, _another(code))
    tour.check("a wrong code is refused", refused.problem == "wrong_code")
    answer = mila.give_code(challenge, code, "Mila")
    tour.check("the right code creates an account", answer.status == 201 and answer.body["new_account"])
    tour.say(f"her user id is {mila.user_id}: random, not derived from her data")


def sign_in_again(tour: Tour) -> None:
    """Mila signs up with the same number again: this signs her in, without a second account."""
    mila = tour.phones["Mila"]
    before = mila.user_id
    answer = mila.sign_up()
    tour.check("no new account is created", answer.status == 200 and not answer.body["new_account"])
    tour.check("the user is the same", mila.user_id == before)


def appear_at_stream(tour: Tour) -> None:
    """Jovan signs up too, and both users are created at Stream under a random id."""
    tour.someone("Jovan", _JOVAN).sign_up("Jovan")
    for name, phone in tour.phones.items():
        sent = until(partial(tour.cloud.sent_to_stream, phone.user_id), f"{name} at Stream")
        tour.say(f"sent to Stream about {name}: {sent[-1]}")
        fields = {field for user in sent for field in user}
        allowed = {"id", "name", "image", "invisible"}
        tour.check(f"Stream gets only id, name, image and status of {name}", fields <= allowed)


def change_name(tour: Tour) -> None:
    """Mila changes her display name, and the change is copied to Stream."""
    mila = tour.phones["Mila"]
    mila.change_profile(display_name="Mila K")
    tour.wait_for("Stream shows the new name", lambda: tour.name_at_stream(mila) == "Mila K")
    seen = tour.phones["Jovan"].call("GET", f"/v1/users/{mila.user_id}")
    tour.check("Jovan sees it too", seen.body["display_name"] == "Mila K")


def give_and_withdraw_consent(tour: Tour) -> None:
    """Mila consents to analytics, then withdraws her consent."""
    mila = tour.phones["Mila"]
    items = mila.call("GET", "/v1/consents").body["items"]
    tour.check(
        "accepting the terms did not count as consent", {item["state"] for item in items} == {"unknown"}
    )
    mila.consent("analytics")
    items = mila.call("GET", "/v1/consents").body["items"]
    given = [item["purpose"] for item in items if item["state"] == "given"]
    tour.check("she has consented to analytics only", given == ["analytics"])
    withdrawn = mila.call("PUT", "/v1/consents/analytics", {"state": "withdrawn"})
    tour.check("one call withdraws it", withdrawn.body["state"] == "withdrawn")
    records = mila.call("GET", "/v1/consents/analytics/records").body["items"]
    states = [record["event"]["event_state"] for record in records]
    tour.say(f"on record, newest first: {', '.join(states)}")
    tour.check("the history shows both decisions", states == ["ConsentWithdrawn", "ConsentGiven"])
    evidence = str(tour.cloud.items(Table.LEDGER))
    named = [word for word in (mila.number.lstrip("+"), mila.user_id) if word in evidence]
    tour.check("the Ledger has the evidence, without her number or user id", bool(evidence) and not named)


def submit_usage(tour: Tour) -> None:
    """Mila's app submits usage events; they are kept only with her consent."""
    mila, cloud = tour.phones["Mila"], tour.cloud

    def dropped() -> object:
        events = batch(mila, an_event("meeting.joined"))
        return mila.call("POST", "/v1/usage", events).body["dropped"]

    tour.check("without her consent an event is dropped", dropped() == {"no_consent": 1})
    mila.consent("analytics")
    tour.check("with it, it is kept", dropped() == {})
    mila.call("PUT", "/v1/consents/analytics", {"state": "withdrawn"})
    tour.check("after she withdraws, it is dropped again", dropped() == {"no_consent": 1})
    crowd = [tour.phone(f"12346{n:02}") for n in range(10)]
    for phone in crowd:
        phone.sign_up()
        phone.consent("analytics")
    for number, phone in enumerate(crowd):
        rare = [an_event("settings.opened")] if number else []
        phone.call("POST", "/v1/usage", batch(phone, an_event("meeting.joined"), *rare))
    day = usage.move_back(cloud, [mila, *crowd], days=4 + tour.number)
    tour.say("ten other users joined a meeting, and nine of them opened the settings; four days later:")
    cloud.run("roll_up_usage")
    (figures,) = usage.published(cloud, day)
    for figure in figures.figures:
        tour.say(f"{day}: {figure.name} by {figure.accounts} people, {figure.events} times")
    names = [(figure.name, figure.accounts) for figure in figures.figures]
    tour.check(
        "the figure of ten people is published, that of nine is not, and Mila is not counted",
        names == _TEN_JOINED,
    )
    picture = LOCAL / "usage.svg"
    picture.write_text(as_svg(usage.published(cloud, day, days=7)), encoding="utf-8")
    tour.say(f"a chart of the published figures: {picture.relative_to(LOCAL.parent)}")


_TEN_JOINED = [("meeting.joined", 10)]


def add_email(tour: Tour) -> None:
    """Mila adds an email address and verifies it; other users cannot find out about it."""
    mila, jovan = tour.phones["Mila"], tour.phones["Jovan"]
    address = f"mila{tour.number or ''}@example.com"
    asked = mila.ask_for_email(address)
    mail = tour.cloud.mails_to(address)[-1].text
    tour.say(f"[dim]mail to {address}:[/] [italic]“{mail}”[/]")
    tour.check("it is not on her profile yet", "email" not in mila.call("GET", "/v1/profile").body)
    answer = mila.give_mailed_code(asked.body["challenge_id"], codes_in([mail])[-1])
    tour.check("after she enters the code, it is", answer.body.get("email") == address)
    response = jovan.ask_for_email(address)
    same = response.body.keys() == asked.body.keys()
    tour.check("when Jovan enters her address, the response does not disclose that it is taken", same)
    sent = str(tour.cloud.sent_to_stream(mila.user_id))
    tour.check("the address is not sent to Stream", address not in sent)


def refresh_session(tour: Tour) -> None:
    """Mila's app refreshes its session; a copied token ends a session."""
    mila = tour.phones["Mila"]
    before = mila.session["refresh_token"]
    mila.refresh()
    lost = {"refresh_token": before, "device_id": mila.device_id}
    again = mila.call("POST", "/v1/sessions/refresh", lost)
    same = again.body.get("refresh_token") == mila.session["refresh_token"]
    tour.check("the repeated request returns the same token", same)
    tablet = Phone(mila.api_url, mila.number, mila.inbox)
    tablet.sign_up()
    devices = mila.call("GET", "/v1/sessions").body["items"]
    tour.say(f"signed-in devices: {[device['device']['platform'] for device in devices]}")
    copied = {"refresh_token": tablet.session["refresh_token"], "device_id": mila.device_id}
    refused = mila.call("POST", "/v1/sessions/refresh", copied)
    tour.check("a token from another device is refused", refused.problem == "session_ended")
    ended = tablet.call("GET", "/v1/profile")
    tour.check("and the session it was copied from has ended", ended.problem == "session_ended")


def step_up(tour: Tour) -> None:
    """Mila verifies her number again, for requests that a stolen token must not make."""
    mila = tour.phones["Mila"]
    held = mila.session["refresh_token"]
    challenge = mila.ask_to_step_up().body["challenge_id"]
    code = mila.read_code()
    refused = mila.give_step_up_code(challenge, _another(code))
    tour.check("a wrong code is refused", refused.problem == "wrong_code")
    tour.check("and her token is not stepped up", _stepped_up_for(mila) == 0)
    answer = mila.give_step_up_code(challenge, code)
    tour.check("the right code returns her session", answer.status == 200)
    minutes = _stepped_up_for(mila) / 60
    tour.check(f"its token is stepped up for {minutes:.0f} minutes", 9 < minutes <= 10)
    tour.check("its refresh token is unchanged", mila.session["refresh_token"] == held)
    tour.check("the token still works for other requests", mila.call("GET", "/v1/sessions").status == 200)
    mila.refresh()
    tour.check("after a refresh, the new token is not stepped up", _stepped_up_for(mila) == 0)


def _another(code: str) -> str:
    return "000000" if code != "000000" else "000001"


def _stepped_up_for(phone: Phone) -> float:
    """Return for how many seconds the phone's access token is still stepped up."""
    return float(phone.claims["su"] - time.time()) if "su" in phone.claims else 0


def announce_terms(tour: Tour) -> None:
    """New terms are announced to all users; Mila accepts them early, Jovan still has time."""
    mila, jovan = tour.phones["Mila"], tour.phones["Jovan"]
    day = clock.now().replace(hour=0, minute=0, second=0) + timedelta(days=30 + tour.number)
    notice = Notice(
        kind=NoticeKind.TERMS,
        version=NoticeVersion(f"terms-{day:%Y-%m-%d}"),
        published_at=day - timedelta(days=31),
        effective_at=day,
        url=f"https://ru4m.com/terms/{day:%Y-%m-%d}",
        changes="Meetings may be recorded while everybody in them agrees.",
    )
    tour.cloud.announce(notice)
    (announced,) = mila.call("GET", "/v1/announcements").body["items"]
    tour.say(f"Mila reads: [italic]“{announced['changes']}”[/], from {announced['applies_at'][:10]}")
    tour.check("she can still chat under the old terms", bool(mila.chat_token()))
    accepted = mila.call("POST", f"/v1/notices/{notice.version}/acceptance")
    (announced,) = mila.call("GET", "/v1/announcements").body["items"]
    tour.check("she accepts before they apply", accepted.status == 204 and announced["accepted"])
    (announced,) = jovan.call("GET", "/v1/announcements").body["items"]
    still_free = not announced["accepted"] and bool(jovan.chat_token())
    tour.check("they were also announced to Jovan, who can chat without accepting them yet", still_free)


def sign_out(tour: Tour) -> None:
    """Mila signs out: her access token no longer works, and her chat tokens are revoked."""
    mila, stream = tour.phones["Mila"], tour.cloud.stream
    minted_before = mila.chat_token()
    mila.log_out()
    refused = mila.call("POST", "/v1/chat/token")
    tour.check("she gets no more chat tokens", (refused.status, refused.problem) == (401, "session_ended"))
    with ChatClients(stream.url, stream.api_key) as clients:
        tour.wait_for(
            "Stream refuses the chat token that she still has",
            partial(_is_revoked, clients, mila.user_id, minted_before),
        )


def _is_revoked(clients: ChatClients, user_id: str, token: str) -> bool:
    try:
        clients.connect(user_id, token).disconnect()
    except ChatError as refusal:
        return refusal.code == 40  # Stream's code for expired and revoked tokens
    return False


CHAPTERS: tuple[Chapter, ...] = (
    sign_up,
    sign_in_again,
    appear_at_stream,
    become_contacts,
    match_contacts,
    chat,
    show_avatar,
    answer_abuse,
    change_name,
    receive_events,
    give_and_withdraw_consent,
    submit_usage,
    add_email,
    refresh_session,
    announce_terms,
    step_up,
    exercise_access,
    sign_out,
    back_up,
    erase_account,
    restore_backup,
    clean_up,
    keep_settings,
    delete_old_messages,
)

# Those about users, which a second tour can play on the same cloud. The others expect a cloud without a past.
REPEATABLE = (*CHAPTERS[: CHAPTERS.index(sign_out) + 1], erase_account)
