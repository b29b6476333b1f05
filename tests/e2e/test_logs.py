"""Tests that logs of the deployed functions contain no personal data."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from infra.local.cloud import LocalCloud
from infra.local.tour.phone import Phone
from infra.local.waiting import until


@pytest.mark.promise("SEC-1")
def test_no_log_contains_a_number_a_name_a_device_a_token_or_a_code(
    cloud: LocalCloud, a_phone: Callable[[], Phone]
) -> None:
    phone = a_phone()
    started = phone.ask_for_code()
    code = phone.read_code()
    phone.give_code(started.body["challenge_id"], code, "Canarina")
    phone.change_profile(display_name="Canaretta")
    phone.call("GET", f"/v1/users/{phone.user_id}")
    chat_token = phone.chat_token()
    phone.call("POST", "/v1/signup", {"phone": phone.number, "surprise": "Canarito"})
    phone.call("GET", "/v1/profile", token="canary.token.value")
    session = phone.session
    phone.log_out()
    secret = {
        "number": phone.number.removeprefix("+"),
        "name": "Canar",
        "token": "canary.token",
        "device": phone.device_id,
        "access token": session["access_token"],
        "refresh token": session["refresh_token"],
        "chat token": chat_token,
        "code": f'"{code}"',
        "user id": phone.user_id,
        "session id": session["session_id"],
    }
    ended = '"route":"DELETE /v1/sessions/{session_id}","status":204'
    until(lambda: any(ended in line for line in cloud.log_lines()), "the last request's log line")
    written = "\n".join(cloud.log_lines())
    assert [what for what, value in secret.items() if value in written] == []
