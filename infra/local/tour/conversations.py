"""The chapter about a conversation: opened by our API, used with Stream's SDK, left, and ended by a block."""

from __future__ import annotations

from typing import Any

from infra.local.js import ChatClients, ChatError
from infra.local.tour.narration import Tour
from infra.local.tour.phone import Phone
from infra.local.waiting import until

_NOT_ALLOWED = 17  # Stream's code for a refusal by the grants


def chat(tour: Tour) -> None:
    """Mila opens a conversation with Jovan, they chat, he leaves and comes back, and a block ends it."""
    mila, jovan = tour.phones["Mila"], tour.phones["Jovan"]
    pair = mila.open_conversation(jovan)
    tour.say(f"the service opens {pair['cid']} at Stream, for two contacts")
    tour.check("Jovan opens the same one", jovan.open_conversation(mila) == pair)
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
