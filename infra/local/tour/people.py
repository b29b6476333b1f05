"""The chapters about people: contacts by a code and an invitation, and a conversation.

The conversation is opened by our API, used with Stream's SDK, left, and ended by a block.
"""

from __future__ import annotations

import io
from typing import Any

import requests
from PIL import Image

from chalicelib.core.table_names import Table
from infra.local.js import ChatClients, ChatError
from infra.local.tour.narration import Tour
from infra.local.tour.phone import Phone, PhoneAnswer
from infra.local.waiting import until

_STRANGER, _ANA, _ABSENT = "1234569", "1234571", "1234572"
_TIMEOUT = 35.0  # seconds; the gateway gives up after 29


def become_contacts(tour: Tour) -> None:
    """Jovan becomes Mila's contact by her code; the invitation of a stranger waits."""
    mila, jovan = tour.phones["Mila"], tour.phones["Jovan"]
    made = mila.call("POST", "/v1/contact-codes").body
    address, _, _ = made["link"].partition("#")
    tour.say(f"Mila shows Jovan a link: {address}#…, valid until {made['expires_at'][:10]}")
    page = requests.get(f"{mila.api_url}/c", timeout=_TIMEOUT)
    tour.check("the page behind it names no user", page.ok and "Mila" not in page.text)
    wrong = jovan.add_contact("0" * 26)
    tour.check("a wrong code opens nothing", wrong.problem == "wrong_contact_code")
    tour.check("her code makes him a contact", jovan.add_contact(made["code"]).status == 201)
    tour.check("each is a contact of the other", mila.contacts() == [jovan.user_id])
    stranger = tour.phone(_STRANGER)
    stranger.sign_up("Stranger")
    answer = stranger.invite(mila)
    tour.say(f"a stranger who knows Mila's user id invites her, and is answered {answer.body}")
    (waiting,) = mila.invitations()
    tour.check("the invitation waits until she decides", waiting["sender"]["display_name"] == "Stranger")
    tour.check("until then the stranger is no contact", mila.contacts() == [jovan.user_id])
    mila.block(stranger)
    tour.check("after Mila blocks the stranger, the invitation is gone", mila.invitations() == [])
    hidden = stranger.call("GET", f"/v1/users/{mila.user_id}")
    tour.check("and the stranger does not see her any more", hidden.problem == "not_found")
    tour.wait_for(
        "Stream blocks the stranger too", lambda: stranger.user_id in _blocked_at_stream(tour, mila)
    )


def match_contacts(tour: Tour) -> None:
    """Jovan's app compares his address book with his consent, finds Ana, and she accepts an invitation."""
    jovan, ana = tour.phones["Jovan"], tour.phone(_ANA)
    ana.sign_up("Ana")
    book = {"numbers": [tour.phone(_ABSENT).number, ana.number]}
    tour.check(
        "without his consent nothing is compared", _match(jovan, book).problem == "purpose_not_permitted"
    )
    jovan.consent("contact_matching")
    tour.check("Ana is not found before she allows it", _match(jovan, book).body["matches"] == [])
    ana.change_profile(discoverable=True)
    (found,) = _match(jovan, book).body["matches"]
    tour.say(
        f"then number {found['position'] + 1} of the book is shown as {found['profile']['display_name']}"
    )
    tour.check("Ana learns nothing of it", ana.invitations() == [])
    jovan.invite(ana)
    (invitation,) = ana.invitations()
    ana.call("POST", f"/v1/invitations/{invitation['invitation_id']}/accept")
    tour.check("Jovan invites her, and Ana accepts", ana.user_id in jovan.contacts())
    jovan.call("DELETE", f"/v1/contacts/{ana.user_id}")
    stored = str([tour.cloud.items(table) for table in Table])
    absent = book["numbers"][0].lstrip("+")
    tour.check("the number that found nobody is stored nowhere", absent not in stored)


def _match(phone: Phone, book: dict[str, list[str]]) -> PhoneAnswer:
    return phone.call("POST", "/v1/contacts/match", book)


def _blocked_at_stream(tour: Tour, phone: Phone) -> list[str]:
    found = tour.stream_api().get_blocked_users(phone.user_id)["blocks"]
    return [block["blocked_user_id"] for block in found]


_NOT_ALLOWED = 17  # Stream's code for a refusal by the grants


def chat(tour: Tour) -> None:
    """Mila opens a conversation with Jovan, they chat, he leaves and comes back, and a block ends it."""
    mila, jovan = tour.phones["Mila"], tour.phones["Jovan"]
    pair = mila.open_conversation(jovan)
    tour.say(f"the service opens {pair['cid']} at Stream, for two contacts")
    tour.check("Jovan opens the same one", jovan.open_conversation(mila)["cid"] == pair["cid"])
    tour.pair_cid = pair["cid"]
    _chat(tour, pair["cid"])
    _leave(tour, pair)
    _block(tour, pair)


def _chat(tour: Tour, cid: str) -> None:
    mila, jovan, stream = tour.phones["Mila"], tour.phones["Jovan"], tour.cloud.stream
    with ChatClients(stream.url, stream.api_key) as clients:
        hers = clients.connect(mila.user_id, mila.chat_token)
        his = clients.connect(jovan.user_id, jovan.chat_token)
        his.watch(cid)
        hers.watch(cid)
        said = "Vidimo se u osam?"
        hers.send(cid, said)
        received = his.wait_for_event("message.new", text=said)
        tour.say(f"Jovan reads: [italic]“{received['message']['text']}”[/]")
        his.send(cid, "Vidimo se!")
        hers.wait_for_event("message.new", text="Vidimo se!")
    tour.check("a message arrived in each direction", holds=True)


def show_avatar(tour: Tour) -> None:
    """Mila uploads a photo as her avatar; Jovan sees it in Stream's SDK, without its metadata."""
    mila = tour.phones["Mila"]
    photo = _photo()
    tour.say(f"the camera wrote into her photo where she was: {len(photo):,} bytes")
    address = mila.show_avatar(photo)
    tour.wait_for("her picture is in Jovan's chat", lambda: avatar_in_chat(tour) == address)
    shown = requests.get(mila.look_at(address).headers["Location"], timeout=_TIMEOUT)
    kept = [one for one in (b"Exif", b"GPS", b"Zastava") if one in shown.content]
    tour.check("its address leads to a WebP image", shown.headers["Content-Type"] == "image/webp")
    tour.check("which has none of the metadata", b"Zastava" in photo and kept == [])


def avatar_in_chat(tour: Tour) -> str | None:
    """Return the address of Mila's picture, as Jovan's client of Stream has it."""
    mila, jovan, stream = tour.phones["Mila"], tour.phones["Jovan"], tour.cloud.stream
    with ChatClients(stream.url, stream.api_key) as clients:
        his = clients.connect(jovan.user_id, jovan.chat_token)
        his.watch(tour.pair_cid)
        members = his.sdk("queryMembers", {}, cid=tour.pair_cid)["members"]
    users = {member["user_id"]: member["user"] for member in members}
    image: str | None = users.get(mila.user_id, {}).get("image")
    return image


def _photo() -> bytes:
    """Return a photo with camera and place in its metadata."""
    exif, written = Image.Exif(), io.BytesIO()
    exif[_MAKER] = "Zastava"
    exif.get_ifd(_GPS)[_LATITUDE] = (44.0, 49.0, 0.0)
    Image.new("RGB", (640, 480), "teal").save(written, "JPEG", exif=exif)
    return written.getvalue()


_MAKER, _GPS, _LATITUDE = 0x010F, 0x8825, 2


def _leave(tour: Tour, pair: dict[str, Any]) -> None:
    mila, jovan = tour.phones["Mila"], tour.phones["Jovan"]
    jovan.leave_conversation(pair["conversation_id"])
    tour.check("after Jovan leaves, Stream does not let him read", not _may_read(tour, jovan, pair["cid"]))
    back = mila.open_conversation(jovan)
    tour.check("Mila opens it again, and he is back", sorted(back["members"]) == sorted(pair["members"]))
    tour.check("he reads it again", _may_read(tour, jovan, pair["cid"]))


def _block(tour: Tour, pair: dict[str, Any]) -> None:
    mila, jovan = tour.phones["Mila"], tour.phones["Jovan"]
    jovan.block(mila)
    until(lambda: not _may_read(tour, jovan, pair["cid"]), "the end of his membership at Stream")
    refused = mila.call("POST", "/v1/conversations", {"members": [jovan.user_id]})
    tour.check("after he blocks her, she cannot open it again", refused.problem == "unknown_member")
    jovan.lift_block(mila)
    jovan.add_contact(mila.make_contact_code())
    again = mila.open_conversation(jovan)
    tour.check("once they are contacts again, it is the same conversation", again["cid"] == pair["cid"])


def _may_read(tour: Tour, phone: Phone, cid: str) -> bool:
    stream = tour.cloud.stream
    with ChatClients(stream.url, stream.api_key) as clients:
        reader = clients.connect(phone.user_id, phone.chat_token)
        try:
            reader.watch(cid)
        except ChatError as refusal:
            if refusal.code != _NOT_ALLOWED:
                raise
            return False
        return True
