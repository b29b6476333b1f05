"""The chapter about contacts: a code, an invitation of a stranger, and a block."""

from __future__ import annotations

import requests

from infra.local.tour.narration import Tour
from infra.local.tour.phone import Phone

_STRANGER = "+381601234569"
_TIMEOUT = 35.0  # seconds; the gateway gives up after 29


def become_contacts(tour: Tour) -> None:
    """Jovan becomes Mila's contact by her code; the invitation of a stranger waits."""
    mila, jovan = tour.phones["Mila"], tour.phones["Jovan"]
    made = mila.call("POST", "/v1/contact-codes").body
    address, _, _ = made["link"].partition("#")
    tour.say(f"Mila shows Jovan a link: {address}#…, valid until {made['expires_at'][:10]}")
    page = requests.get(f"{mila.api_url}/v1/contact", timeout=_TIMEOUT)
    tour.check("the page behind it names no user", page.ok and "Mila" not in page.text)
    wrong = jovan.add_contact("0" * 26)
    tour.check("a wrong code opens nothing", wrong.problem == "not_found")
    tour.check("her code makes him a contact", jovan.add_contact(made["code"]).status == 201)
    tour.check("each is a contact of the other", mila.contacts() == [jovan.user_id])
    stranger = Phone(mila.api_url, _STRANGER, mila.inbox)
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


def _blocked_at_stream(tour: Tour, phone: Phone) -> list[str]:
    found = tour.stream_api().get_blocked_users(phone.user_id)["blocks"]
    return [block["blocked_user_id"] for block in found]
