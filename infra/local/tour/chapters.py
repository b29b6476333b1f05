"""The chapters, in order. A new feature adds one: a function over the Tour, its docstring the title."""

from __future__ import annotations

import time
from datetime import timedelta
from functools import partial

import jwt

from chalicelib.core import clock
from chalicelib.notices.model import Notice, NoticeKind, NoticeVersion
from infra.local.children import LOCAL
from infra.local.js import ChatClients, ChatError
from infra.local.tour import usage
from infra.local.tour.phone import Phone, code_in
from infra.local.tour.rights import exercising_access
from infra.local.tour.telling import Chapter, Tour
from infra.local.tour.usage import an_event, batch
from infra.local.waiting import until
from infra.ops.plots import as_svg

# Numbers of the Serbian range that no one is given; nothing is sent anywhere in any case.
_MILA, _JOVAN = "+381601234567", "+381601234568"
_ADDRESS = "mila@example.com"


def signing_up(tour: Tour) -> None:
    """Mila signs up with her mobile number."""
    mila = tour.someone("Mila", _MILA)
    started = mila.ask_for_code()
    text = mila.read_text()
    tour.say(f"[dim]text message to {_MILA}:[/] [italic]“{text}”[/]")
    challenge = started.body["challenge_id"]
    code = mila.read_code()
    shown = {"terms_version": "", "privacy_version": ""}
    for notice in mila.call("GET", "/v1/notices/current").body["items"]:
        shown[f"{notice['kind']}_version"] = notice["version"]
    refused = mila.call("POST", f"/v1/signup/{challenge}/verify", {"code": _another(code), **shown})
    tour.check("a wrong code is refused", refused.problem == "wrong_code")
    answer = mila.give_code(challenge, code, "Mila")
    tour.check("the right one makes an account", answer.status == 201 and answer.body["new_account"])
    tour.say(f"her public id is {mila.user_id}: random, not derived from anything of hers")


def coming_back(tour: Tour) -> None:
    """The same number again is a login, not a second account."""
    mila = tour.phones["Mila"]
    before = mila.user_id
    answer = mila.sign_up()
    tour.check("no new account", answer.status == 200 and not answer.body["new_account"])
    tour.check("the same user", mila.user_id == before)


def reaching_stream(tour: Tour) -> None:
    """Jovan signs up too, and both become known at Stream by pseudonym."""
    tour.someone("Jovan", _JOVAN).sign_up("Jovan")
    for name, phone in tour.phones.items():
        sent = until(partial(tour.cloud.sent_to_stream, phone.user_id), f"{name} at Stream")
        tour.say(f"of {name}, Stream was sent {sent[-1]}")
        fields = {field for one in sent for field in one}
        tour.check(f"nothing but id, name and image of {name}", fields <= {"id", "name", "image"})


def chatting(tour: Tour) -> None:
    """They chat, through Stream's official SDK and with tokens of ours."""
    mila, jovan = tour.phones["Mila"], tour.phones["Jovan"]
    stream = tour.cloud.stream
    channel = tour.stream_api().channel("messaging", "tour", {"members": [mila.user_id, jovan.user_id]})
    channel.create(mila.user_id)
    with ChatClients(stream.url, stream.api_key) as clients:
        hers = clients.connect(mila.user_id, mila.chat_token)
        his = clients.connect(jovan.user_id, jovan.chat_token)
        his.watch(channel.cid)
        hers.watch(channel.cid)
        said = "Vidimo se u osam?"
        hers.send(channel.cid, said)
        received = his.wait_for_event("message.new", text=said)
        tour.say(f"Jovan reads: [italic]“{received['message']['text']}”[/]")
        his.send(channel.cid, "Vidimo se!")
        hers.wait_for_event("message.new", text="Vidimo se!")
    tour.check("a message arrived in each direction", holds=True)


def changing_the_name(tour: Tour) -> None:
    """Mila changes her display name; the table's stream carries it to Stream."""
    mila = tour.phones["Mila"]
    mila.change_profile(display_name="Mila K")
    until(lambda: tour.name_at_stream(mila) == "Mila K", "the new name")
    tour.check("Stream shows the new name", holds=True)
    seen = tour.phones["Jovan"].call("GET", f"/v1/users/{mila.user_id}")
    tour.check("Jovan sees it too, and no more than she shows", seen.body["display_name"] == "Mila K")


def consenting(tour: Tour) -> None:
    """Mila lets the app learn how she uses it, and changes her mind."""
    mila = tour.phones["Mila"]
    items = mila.call("GET", "/v1/consents").body["items"]
    tour.check("accepting the terms was no consent", {item["state"] for item in items} == {"unknown"})
    mila.consent("analytics")
    items = mila.call("GET", "/v1/consents").body["items"]
    given = [item["purpose"] for item in items if item["state"] == "given"]
    tour.check("she has consented to analytics, and to nothing else", given == ["analytics"])
    withdrawn = mila.call("PUT", "/v1/consents/analytics", {"state": "withdrawn"})
    tour.check("one call withdraws it", withdrawn.body["state"] == "withdrawn")
    records = mila.call("GET", "/v1/consents/analytics/records").body["items"]
    states = [record["event"]["event_state"] for record in records]
    tour.say(f"on record, newest first: {', '.join(states)}")
    tour.check("the history shows both", states == ["ConsentWithdrawn", "ConsentGiven"])
    evidence = str(tour.cloud.evidence())
    named = [word for word in (mila.number.lstrip("+"), mila.user_id) if word in evidence]
    tour.check("the Ledger has the evidence, and neither her number nor her id", bool(evidence) and not named)


def telling_usage(tour: Tour) -> None:
    """Mila's app tells of its use: kept while she consents, and a figure only among ten people."""
    mila, cloud = tour.phones["Mila"], tour.cloud

    def dropped() -> object:
        told = batch(mila, an_event("meeting.joined"))
        return mila.call("POST", "/v1/usage", told).body["dropped"]

    tour.check("without her consent it is dropped", dropped() == {"no_consent": 1})
    mila.consent("analytics")
    tour.check("with it, it is kept", dropped() == {})
    mila.call("PUT", "/v1/consents/analytics", {"state": "withdrawn"})
    tour.check("and dropped again once she withdraws", dropped() == {"no_consent": 1})
    crowd = [Phone(mila.api_url, f"+3816012346{n:02}", mila.inbox) for n in range(10)]
    for somebody in crowd:
        somebody.sign_up()
        somebody.consent("analytics")
    for number, somebody in enumerate(crowd):
        rare = [an_event("settings.opened")] if number else []
        somebody.call("POST", "/v1/usage", batch(somebody, an_event("meeting.joined"), *rare))
    day = usage.move_back(cloud, [mila, *crowd], days=4)
    tour.say("ten others joined a meeting, nine of them opened the settings; four days later:")
    usage.roll_up(cloud)
    (figures,) = usage.published(cloud, day)
    for one in figures.figures:
        tour.say(f"{day}: {one.name} by {one.accounts} people, {one.events} times")
    names = [(one.name, one.accounts) for one in figures.figures]
    tour.check("ten people make a figure, nine do not, who withdrew is not in it", names == _TEN_JOINED)
    picture = LOCAL / "usage.svg"
    picture.write_text(as_svg(usage.published(cloud, day, days=7)), encoding="utf-8")
    tour.say(f"a picture of what is published: {picture.relative_to(LOCAL.parent)}")


_TEN_JOINED = [("meeting.joined", 10)]


def adding_an_address(tour: Tour) -> None:
    """Mila adds an email address: it is hers once the code in the mail came back, and only hers."""
    mila, jovan = tour.phones["Mila"], tour.phones["Jovan"]
    asked = mila.ask_for_email(_ADDRESS)
    mail = str(tour.cloud.mails_to(_ADDRESS)[-1])
    tour.say(f"[dim]mail to {_ADDRESS}:[/] [italic]“{mail}”[/]")
    tour.check("it is not on her profile yet", "email" not in mila.call("GET", "/v1/profile").body)
    answer = mila.give_mailed_code(asked.body["challenge_id"], code_in(mail))
    tour.check("the code puts it there", answer.body.get("email") == _ADDRESS)
    told = jovan.ask_for_email(_ADDRESS)
    tour.check("asking tells Jovan nothing", told.body.keys() == asked.body.keys())
    sent = str(tour.cloud.sent_to_stream(mila.user_id))
    tour.check("Stream hears nothing of it", _ADDRESS not in sent)


def keeping_the_session(tour: Tour) -> None:
    """Mila's app refreshes its session; a lost answer costs nothing, a copied token ends it all."""
    mila = tour.phones["Mila"]
    before = mila.session["refresh_token"]
    mila.refresh()
    lost = {"refresh_token": before, "device_id": mila.device_id}
    again = mila.call("POST", "/v1/sessions/refresh", lost)
    same = again.body.get("refresh_token") == mila.session["refresh_token"]
    tour.check("the same token again, for a lost answer", same)
    tablet = Phone(mila.api_url, mila.number, mila.inbox)
    tablet.sign_up()
    devices = mila.call("GET", "/v1/sessions").body["items"]
    tour.say(f"signed-in devices: {[device['device']['platform'] for device in devices]}")
    copied = {"refresh_token": tablet.session["refresh_token"], "device_id": mila.device_id}
    refused = mila.call("POST", "/v1/sessions/refresh", copied)
    tour.check("a token on another device is refused", refused.problem == "session_ended")
    ended = tablet.call("GET", "/v1/profile")
    tour.check("and the session that it was copied from is over", ended.problem == "session_ended")


def stepping_up(tour: Tour) -> None:
    """Mila steps up: for what a stolen token must not do, she shows anew that the number is hers."""
    mila = tour.phones["Mila"]
    held = mila.session["refresh_token"]
    challenge = mila.ask_to_step_up().body["challenge_id"]
    code = mila.read_code()
    refused = mila.step_up(challenge, _another(code))
    tour.check("a wrong code is refused", refused.problem == "wrong_code")
    tour.check("and her token is what it was", _stepped_up_for(mila) == 0)
    answer = mila.step_up(challenge, code)
    tour.check("the right one is answered with her session", answer.status == 200)
    minutes = _stepped_up_for(mila) / 60
    tour.check(f"its token is stepped up for {minutes:.0f} minutes", 9 < minutes <= 10)
    tour.check("its refresh token is the one that she has", mila.session["refresh_token"] == held)
    tour.check("the token opens what it did before", mila.call("GET", "/v1/sessions").status == 200)
    mila.refresh()
    tour.check("a refresh gives one that is not stepped up", _stepped_up_for(mila) == 0)


def _another(code: str) -> str:
    return "000000" if code != "000000" else "000001"


def _stepped_up_for(phone: Phone) -> float:
    """Seconds for which the phone's access token is still stepped up."""
    claims = jwt.decode(phone.access_token, options={"verify_signature": False})
    return float(claims["su"] - time.time()) if "su" in claims else 0


def being_told(tour: Tour) -> None:
    """New terms are announced to everybody; Mila sees them and accepts early, Jovan has time."""
    mila, jovan = tour.phones["Mila"], tour.phones["Jovan"]
    day = clock.now().replace(hour=0, minute=0, second=0) + timedelta(days=30)
    notice = Notice(
        kind=NoticeKind.TERMS,
        version=NoticeVersion(f"terms-{day:%Y-%m-%d}"),
        published_at=day - timedelta(days=31),
        effective_at=day,
        url=f"https://ru4m.com/terms/{day:%Y-%m-%d}",
        changes="Meetings may be recorded while everybody in them agrees.",
    )
    tour.cloud.announce(notice)
    (told,) = mila.call("GET", "/v1/announcements").body["items"]
    tour.say(f"Mila reads: [italic]“{told['changes']}”[/], from {told['applies_from'][:10]} on")
    tour.check("she chats on under the old terms", bool(mila.chat_token()))
    accepted = mila.call("POST", f"/v1/notices/{notice.version}/acceptance")
    (told,) = mila.call("GET", "/v1/announcements").body["items"]
    tour.check("she accepts before it is time", accepted.status == 204 and told["accepted"])
    (told,) = jovan.call("GET", "/v1/announcements").body["items"]
    tour.check("Jovan was told too, and is not bound yet", not told["accepted"] and bool(jovan.chat_token()))


def logging_out(tour: Tour) -> None:
    """Mila logs out; her token is still fresh, but opens nothing, and her chat tokens are revoked."""
    mila, stream = tour.phones["Mila"], tour.cloud.stream
    minted_before = mila.chat_token()
    mila.log_out()
    refused = mila.call("POST", "/v1/chat/token")
    tour.check("no more chat tokens", (refused.status, refused.problem) == (401, "session_ended"))
    with ChatClients(stream.url, stream.api_key) as clients:
        until(partial(_is_revoked, clients, mila.user_id, minted_before), "the revocation at Stream")
    tour.check("the one that she still has is refused by Stream", holds=True)


def _is_revoked(clients: ChatClients, user_id: str, token: str) -> bool:
    try:
        clients.connect(user_id, token).disconnect()
    except ChatError as refusal:
        return refusal.code == 40  # Stream's for expired and revoked tokens
    return False


CHAPTERS: tuple[Chapter, ...] = (
    signing_up,
    coming_back,
    reaching_stream,
    chatting,
    changing_the_name,
    consenting,
    telling_usage,
    adding_an_address,
    keeping_the_session,
    being_told,
    stepping_up,
    exercising_access,
    logging_out,
)
