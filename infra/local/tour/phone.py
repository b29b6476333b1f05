"""A phone with the app: makes the app's HTTP requests, with only the data that the app has."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Self
from urllib.parse import urlsplit

import jwt
import requests

from chalicelib.core.ids import AccountId
from infra.local.mailbox import CODE
from infra.local.waiting import until

_TIMEOUT = 35.0  # seconds; the gateway gives up after 29
_AVATAR_TIMEOUT = 60.0  # a cold start of the worker included
MERGE_PATCH = "application/merge-patch+json"


@dataclass(frozen=True)
class PhoneAnswer:
    """A response of the API."""

    method: str
    path: str
    status: int
    headers: dict[str, str]  # names in lower case
    body: dict[str, Any]

    @property
    def problem(self) -> str | None:
        """The code of the problem, if the response is one."""
        is_problem = self.headers.get("content-type", "").startswith("application/problem+json")
        return str(self.body["code"]) if is_problem else None


class Unexpected(AssertionError):
    """A response with which the app cannot continue."""


@dataclass
class Phone:
    """One installed app and the number of its phone.

    Args:
        api_url: URL of the API.
        number: in E.164.
        inbox: returns the text messages sent to a number, oldest first.
        on_answer: called with every response.
    """

    api_url: str
    number: str
    inbox: Callable[[str], list[str]]
    on_answer: Callable[[PhoneAnswer], None] = lambda _: None
    device_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    session: dict[str, Any] = field(default_factory=dict)
    user_id: str = ""
    _texts_read: int = 0

    @property
    def access_token(self) -> str:
        """The current access token."""
        return str(self.session["access_token"])

    @property
    def claims(self) -> dict[str, Any]:
        """The claims of the current access token."""
        claims: dict[str, Any] = jwt.decode(self.access_token, options={"verify_signature": False})
        return claims

    @property
    def account_id(self) -> AccountId:
        """The internal id, which only tokens contain."""
        return AccountId(self.claims["sub"])

    def silent(self) -> Self:
        """Return the same phone without a report of its responses, for polls."""
        return replace(self, on_answer=lambda _: None)

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        token: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> PhoneAnswer:
        """Send one request, with `token` or the session's token, and return any response."""
        sent = {"Accept": "application/json"}
        bearer = token if token is not None else self.session.get("access_token")
        if bearer:
            sent["Authorization"] = f"Bearer {bearer}"
        if body is not None:
            sent["Content-Type"] = "application/json"
        answer = requests.request(
            method,
            self.api_url + path,
            data=None if body is None else json.dumps(body),
            headers=sent | (headers or {}),
            timeout=_TIMEOUT,
        )
        lower = {name.lower(): value for name, value in answer.headers.items()}
        found = PhoneAnswer(method, path, answer.status_code, lower, answer.json() if answer.content else {})
        self.on_answer(found)
        return found

    def sign_up(self, display_name: str | None = None) -> PhoneAnswer:
        """Request a code, read it from the text message, and submit it; keep the session."""
        started = self.ask_for_code()
        return self.give_code(started.body["challenge_id"], self.read_code(), display_name)

    def ask_for_code(self) -> PhoneAnswer:
        """Start signing up or signing in."""
        self._texts_read = len(self.inbox(self.number))
        device = {"device_id": self.device_id, "platform": "android", "app_version": "1.0.0"}
        return _expect(self.call("POST", "/v1/signup", {"phone": self.number, "device": device}), 202)

    def read_text(self) -> str:
        """Wait for the next text message and return it."""
        return until(lambda: self.inbox(self.number)[self._texts_read :], "a text message")[-1]

    def read_code(self) -> str:
        """Wait for the next text message with a code and return it; other messages may come between."""

        def new() -> list[str]:
            return codes_in(self.inbox(self.number)[self._texts_read :])

        return until(new, "a text message with a code")[-1]

    def give_code(self, challenge_id: str, code: str, display_name: str | None = None) -> PhoneAnswer:
        """Submit the right code, accepting the current notices; keep the session."""
        answer = _expect(self.try_code(challenge_id, code, display_name), 200, 201)
        self.session, self.user_id = answer.body["session"], answer.body["user_id"]
        return answer

    def try_code(self, challenge_id: str, code: str, display_name: str | None = None) -> PhoneAnswer:
        """Submit any code, accepting the current notices."""
        name = {"display_name": display_name} if display_name else {}
        body = {"code": code, **self.shown_notices(), **name}
        return self.call("POST", f"/v1/signup/{challenge_id}/verify", body)

    def shown_notices(self) -> dict[str, str]:
        """Return the versions of the current notices, as the app sends them."""
        current = _expect(self.call("GET", "/v1/notices/current"), 200).body["items"]
        return {f"{notice['kind']}_version": notice["version"] for notice in current}

    def refresh(self) -> PhoneAnswer:
        """Refresh the session and keep the new tokens."""
        held = {"refresh_token": self.session["refresh_token"], "device_id": self.device_id}
        answer = _expect(self.call("POST", "/v1/sessions/refresh", held), 200)
        self.session = answer.body
        return answer

    def step_up(self) -> PhoneAnswer:
        """Request a code to step up the session, read it, and submit it."""
        return self.give_step_up_code(self.ask_to_step_up().body["challenge_id"], self.read_code())

    def ask_to_step_up(self) -> PhoneAnswer:
        """Request a code to step up the session."""
        self._texts_read = len(self.inbox(self.number))
        return _expect(self.call("POST", "/v1/sessions/step-up"), 202)

    def give_step_up_code(self, challenge_id: str, code: str) -> PhoneAnswer:
        """Submit that code; keep the session in the response, if the code is right."""
        answer = self.call("POST", f"/v1/sessions/step-up/{challenge_id}/verify", {"code": code})
        self.session = answer.body.get("session", self.session)
        return answer

    def ask_for_email(self, address: str) -> PhoneAnswer:
        """Step up, and request a code for an email address."""
        self.step_up()
        return _expect(self.call("POST", "/v1/profile/email", {"email": address}), 202)

    def give_mailed_code(self, challenge_id: str, code: str) -> PhoneAnswer:
        """Submit that code."""
        return self.call("POST", f"/v1/profile/email/{challenge_id}/verify", {"code": code})

    def chat_token(self) -> str:
        """Get a new token for Stream."""
        return str(_expect(self.call("POST", "/v1/chat/token"), 200).body["token"])

    def change_profile(self, **changes: object) -> PhoneAnswer:
        """Read the profile, and send a merge patch with its ETag."""
        etag = _expect(self.call("GET", "/v1/profile"), 200).headers["etag"]
        headers = {"If-Match": etag, "Content-Type": MERGE_PATCH}
        return _expect(self.call("PATCH", "/v1/profile", changes, headers=headers), 200)

    def upload_avatar(self, image: bytes, media_type: str = "image/jpeg") -> str:
        """Upload an avatar straight to S3, as an app does; return its id."""
        stated = {"content_type": media_type, "size": len(image)}
        offer = _expect(self.call("POST", "/v1/profile/avatar", stated), 201).body
        parts = {name: (None, value) for name, value in offer["fields"].items()}
        sent = requests.post(offer["url"], files=parts | {"file": ("avatar", image)}, timeout=_TIMEOUT)
        sent.raise_for_status()
        return str(offer["avatar_id"])

    def settled_avatar(self) -> dict[str, Any]:
        """Wait until the newest upload is ready or rejected, and return the profile."""
        asking = self.silent()

        def found() -> dict[str, Any] | None:
            profile = asking.call("GET", "/v1/profile").body
            return profile if profile["avatar"]["state"] != "processing" else None

        return until(found, "the avatar", _AVATAR_TIMEOUT)

    def show_avatar(self, image: bytes) -> str:
        """Upload an avatar, and wait until it is shown; return its address."""
        self.upload_avatar(image)
        return str(self.settled_avatar()["avatar_url"])

    def look_at(self, address: str) -> requests.Response:
        """Open the address of an avatar, without a session, and without following its link."""
        return requests.get(self.api_url + urlsplit(address).path, allow_redirects=False, timeout=_TIMEOUT)

    def consent(self, purpose: str) -> PhoneAnswer:
        """Give consent under the current privacy notice."""
        return _expect(self.call("PUT", f"/v1/consents/{purpose}", self.given()), 200)

    def given(self) -> dict[str, object]:
        """Return the body that gives consent under the current privacy notice."""
        return {
            "state": "given",
            "notice_version": self.shown_notices()["privacy_version"],
            "of_age": True,
        }

    def make_contact_code(self) -> str:
        """Make a contact code and return it."""
        return str(_expect(self.call("POST", "/v1/contact-codes"), 201).body["code"])

    def add_contact(self, code: str) -> PhoneAnswer:
        """Use a contact code of another user."""
        return self.call("POST", "/v1/contacts", {"code": code})

    def contacts(self) -> list[str]:
        """List the ids of the contacts."""
        return [one["user_id"] for one in _expect(self.call("GET", "/v1/contacts"), 200).body["items"]]

    def invite(self, other: Phone) -> PhoneAnswer:
        """Invite another user."""
        return _expect(self.call("POST", "/v1/invitations", {"user_id": other.user_id}), 202)

    def invitations(self) -> list[dict[str, Any]]:
        """List the pending invitations that this user received."""
        items: list[dict[str, Any]] = _expect(self.call("GET", "/v1/invitations"), 200).body["items"]
        return items

    def block(self, other: Phone) -> PhoneAnswer:
        """Block another user."""
        return _expect(self.call("PUT", f"/v1/blocks/{other.user_id}"), 204)

    def lift_block(self, other: Phone) -> PhoneAnswer:
        """Lift the block of another user."""
        return _expect(self.call("DELETE", f"/v1/blocks/{other.user_id}"), 204)

    def open_conversation(self, *others: Phone, name: str | None = None) -> dict[str, Any]:
        """Open a conversation with contacts."""
        body = {"members": [other.user_id for other in others]} | ({"name": name} if name else {})
        opened: dict[str, Any] = _expect(self.call("POST", "/v1/conversations", body), 200, 201).body
        return opened

    def leave_conversation(self, conversation_id: str) -> PhoneAnswer:
        """Leave a conversation."""
        return _expect(self.call("DELETE", f"/v1/conversations/{conversation_id}/members/me"), 204)

    def log_out(self) -> PhoneAnswer:
        """End this session; the phone keeps its tokens."""
        return _expect(self.call("DELETE", f"/v1/sessions/{self.session['session_id']}"), 204)


def codes_in(messages: Iterable[object]) -> list[str]:
    """Return the six digits of each text message or mail that has a code; others may come between."""
    return [found.group() for message in messages if (found := CODE.search(str(message)))]


def _expect(answer: PhoneAnswer, *statuses: int) -> PhoneAnswer:
    if answer.status not in statuses:
        raise Unexpected(f"{answer.method} {answer.path}: {answer.status} {answer.problem}")
    return answer
