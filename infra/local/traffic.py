"""Further traffic for pictures: what the tour does not show, as refused tokens and every schedule.

On AWS schedules run all day. A local run takes minutes, so each job runs several times here.
"""

from __future__ import annotations

from infra.dashboards.stack import Stack
from infra.local.cloud import LocalCloud
from infra.local.tour.phone import Phone

_ROUNDS = 4
_NUMBERS = "+3816099{:05}"
# A host that no name server knows, so that the transfer is tried again and the request stays open.
_UNREACHABLE = "https://import.invalid/copy"
_UNSIGNED = "eyJhbGciOiJub25lIn0.e30."


def play_traffic(cloud: LocalCloud, stack: Stack) -> None:
    """Let users make mistakes and requests, and run every scheduled job, in four rounds."""
    for number in range(_ROUNDS):
        phone = Phone(cloud.state.api_url, _NUMBERS.format(number), cloud.texts_to)
        _mistype(phone)
        phone.sign_up("Vera")
        for token in ("abc", _UNSIGNED, f"{phone.access_token[:-8]}AAAAAAAA"):
            phone.call("GET", "/v1/profile", token=token)
        phone.consent("marketing" if number % 2 else "analytics")
        phone.step_up()
        transfer = {"right": "portability", "transfer_to": _UNREACHABLE}
        phone.call("POST", "/v1/rights-requests", transfer)
        phone.call("POST", "/v1/rights-requests", {"right": "access"})
        for job in stack.scheduled:
            cloud.run(job)


def _mistype(phone: Phone) -> None:
    """Submit a code that is wrong but for one of a million."""
    challenge = phone.ask_for_code().body["challenge_id"]
    phone.read_code()
    phone.try_code(challenge, "000000")
