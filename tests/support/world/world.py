"""The world of a test: the service in this process, its users, and a clock.

    mila = world.a_user()
    assert mila.gets("/v1/profile").status == 200

Requests go through Chalice's own test client, so the authorizer, the routes and the errors are the
real ones. Every response is checked against the committed contract.
"""

import io
import json
import logging
import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from unittest import mock

import jwt
import time_machine
from chalice.local import LambdaEventConverter
from chalice.test import Client

from app import app
from chalicelib.accounts.sessions.authorizer import Unauthorized
from chalicelib.accounts.store import account_key
from chalicelib.core import aws, clock, metrics, observe
from chalicelib.core.ids import AccountId
from chalicelib.core.table.items import wire_item
from chalicelib.privacy.unsent import new_mark
from tests.support.canaries.in_process import Canaries
from tests.support.clouds import cloud
from tests.support.clouds.moto.copies import Beginning
from tests.support.roles.judge import calls_of
from tests.support.world.builders import PRIVACY, a_device, a_phone, a_verification
from tests.support.world.contract import check_documented
from tests.support.world.operators import Operator, signed_by
from tests.support.world.practices import every_purpose_offered

_CODE = re.compile(r"\b\d{6}\b")

NOON = datetime(2026, 11, 24, 12, 0, 0, tzinfo=UTC)


class Fields(dict[str, Any]):
    """An object of a response; a test that reads a field that it lacks fails, and does not break."""

    def __missing__(self, key: str) -> Any:
        raise AssertionError(f"the response has no {key}: it has {', '.join(self) or 'nothing'}")


@dataclass(frozen=True)
class Reply:
    """A response as a client sees it."""

    status: int
    headers: dict[str, str]
    text: str
    call_id: str | None = field(default=None, compare=False)  # the id of this call; the header of that name

    @property
    def json(self) -> Any:
        return json.loads(self.text, object_hook=Fields)

    @property
    def problem(self) -> str | None:
        """Return the problem's code, or None for a success."""
        return self.json["code"] if self.status >= 400 else None


@dataclass(eq=False)
class World:
    traveller: time_machine.Traveller
    log: io.StringIO
    canaries: Canaries = field(default_factory=Canaries)
    beginning: Beginning | None = None  # None if each step is to be made anew

    @property
    def log_lines(self) -> list[dict[str, Any]]:
        """Return the log lines, as CloudWatch gets them."""
        return [json.loads(line) for line in self.log.getvalue().splitlines()]

    def advance(self, by: timedelta) -> None:
        self.traveller.shift(by)

    @property
    def now(self) -> datetime:
        return clock.now()

    def call(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        raw: bytes | None = None,
        headers: dict[str, str] | None = None,
        address: str = "203.0.113.7",
        arn: str | None = None,
    ) -> Reply:
        """Call the app. `arn` identifies the signer of the request, as the gateway passes it."""
        media = "application/merge-patch+json" if method == "PATCH" else "application/json"
        sent = {"content-type": media} if body is not None else {}
        content = raw if raw is not None else json.dumps(body).encode() if body is not None else b""
        with mock.patch.object(LambdaEventConverter, "LOCAL_SOURCE_IP", address), signed_by(arn):
            reply = self._reply(method, path, {**sent, **(headers or {})}, content)
        check_documented(method, path, reply.status, reply.text, reply.headers)
        return reply

    def _reply(self, method: str, path: str, headers: dict[str, str], content: bytes) -> Reply:
        try:
            response = _client().request(method, path, headers=headers, body=content)
        except Unauthorized:
            return _unauthenticated()  # the deployed gateway responds to this exception with its 401
        if response.status_code == 401 and b'"code"' not in response.body:
            return _unauthenticated()  # no Authorization header: refused before the authorizer
        lowered = {name.lower(): str(value) for name, value in response.headers.items()}
        call_id = lowered.pop("x-amzn-requestid", None)
        return Reply(response.status_code, lowered, response.body.decode(), call_id)

    def asks_for_a_code(self, phone: str, device: dict[str, Any] | None = None, **more: Any) -> Reply:
        return self.call("POST", "/v1/signup", body={"phone": phone, "device": device or a_device()}, **more)

    def verifies(self, challenge_id: str, code: str, address: str = "203.0.113.7", **answer: Any) -> Reply:
        path = f"/v1/signup/{challenge_id}/verify"
        return self.call("POST", path, body=a_verification(code, **answer), address=address)

    def messages_to(self, phone: str) -> list[str]:
        return [text for number, text in self.sent_messages() if number == phone]

    def sent_messages(self) -> list[tuple[str, str]]:
        """Return every SMS: number and text, oldest first."""
        return cloud.sent_messages()

    def mails_to(self, address: str) -> list[str]:
        """Return the bodies of the mails to an address, oldest first."""
        return cloud.mails_to(address)

    def code_for(self, phone: str) -> str:
        """Return the code in the last SMS to this number."""
        return _code_in(self.messages_to(phone)[-1])

    def code_mailed_to(self, address: str) -> str:
        """Return the code in the last mail with one to this address."""
        return _code_in([text for text in self.mails_to(address) if _CODE.search(text)][-1])

    def a_user(self, phone: str | None = None, device: dict[str, Any] | None = None, **answer: Any) -> "User":
        """Return a new user, signed up with a phone of their own.

        If a world begins with a user without particulars, they may be a copy of one of an earlier world.
        """
        if phone is None and device is None and not answer:
            return self.begin(lambda world: world._sign_up(a_phone(), None))
        return self._sign_up(phone or a_phone(), device, **answer)

    def _sign_up(self, phone: str, device: dict[str, Any] | None, **answer: Any) -> "User":
        challenge = self.asks_for_a_code(phone, device).json["challenge_id"]
        verified = self.verifies(challenge, self.code_for(phone), **answer)
        assert verified.status in {200, 201}, verified.text
        return User(self, phone, verified.json)

    def begin(self, make: "Callable[[World], User]", *particulars: object) -> "User":
        """Return the user that `make` makes, or a copy if the world begins like an earlier one.

        `particulars` are what `make` depends on and is not a part of the world.
        """
        step = f"{make.__module__}.{make.__qualname__}{particulars}"

        def work() -> tuple[str, dict[str, Any]]:
            user = make(self)
            return user.phone, user.verified

        return User(self, *(self.beginning.perform(step, work) if self.beginning else work()))

    def an_operator(self, name: str) -> Operator:
        """Return a member of the controller's staff, who signs requests."""
        return Operator(self, f"arn:aws:iam::123456789012:user/{name}")

    @calls_of(None)
    def set_state(self, user: "User", state: str) -> None:
        """Set an account frozen or restricted, as the rights engine does."""
        mark = new_mark(account_key(AccountId(user.account_id)))
        aws.client("dynamodb").update_item(
            TableName="ru4m-test-accounts",
            Key={"pk": {"S": f"A#{user.account_id}"}, "sk": {"S": "account"}},
            UpdateExpression="SET #s = :s, due = :d, due_at = :t, unsent = :u",
            ExpressionAttributeNames={"#s": "state"},
            ExpressionAttributeValues=wire_item(
                {":s": state, ":d": mark["due"], ":t": mark["due_at"], ":u": mark["unsent"]}
            ),
        )


@contextmanager
def a_world(changed: Callable[[], bool] | None = None) -> Iterator[World]:
    """Return a new world at noon of a fixed day; only `advance` moves its clock.

    With `changed`, which returns whether the test replaced code, the world may begin with copies of users.
    """
    with time_machine.travel(NOON, tick=False) as traveller, cloud.emulated(), every_purpose_offered():
        world = World(traveller, a_log())
        world.beginning = Beginning(world.log, changed) if changed else None
        yield world
        metrics.forget()


@cache
def _client() -> Any:
    """Return Chalice's test client of the app, which finds its routes when it is made."""
    return Client(app).http


def a_log() -> io.StringIO:
    """Start a new log."""
    # The handler of the log keeps the stdout of its import, so it gets a stream that tests can read.
    handler = observe.logger.registered_handler
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(log := io.StringIO())
    return log


def _code_in(text: str) -> str:
    found = _CODE.search(text)
    assert found, "no code in the message"
    return found[0]


def _unauthenticated() -> Reply:
    """Return the gateway's own 401, which infra/template defines and tests/infra checks."""
    body = {
        "type": "https://ru4m.com/problems/unauthenticated",
        "title": "",
        "status": 401,
        "code": "unauthenticated",
        "detail": "",
        "request_id": str(uuid.uuid4()),
    }
    return Reply(401, {"content-type": "application/problem+json"}, json.dumps(body))


@dataclass
class User:
    """A person with a phone and a session."""

    world: World
    phone: str
    verified: dict[str, Any]

    @property
    def user_id(self) -> str:
        return str(self.verified["user_id"])

    @property
    def session(self) -> dict[str, Any]:
        session: dict[str, Any] = self.verified["session"]
        return session

    @property
    def account_id(self) -> str:
        return str(self.session["refresh_token"].split(".")[0])

    @property
    def authorization(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.session['access_token']}"}

    def calls(self, method: str, path: str, headers: dict[str, str] | None = None, **more: Any) -> Reply:
        return self.world.call(method, path, headers={**self.authorization, **(headers or {})}, **more)

    def gets(self, path: str) -> Reply:
        return self.calls("GET", path)

    def profile(self) -> dict[str, Any]:
        profile: dict[str, Any] = self.gets("/v1/profile").json
        return profile

    def changes(self, etag: str | None = None, **changes: Any) -> Reply:
        """Edit the current version of the profile, unless an ETag is given."""
        tag = etag or self.gets("/v1/profile").headers["etag"]
        return self.calls("PATCH", "/v1/profile", headers={"If-Match": tag}, body=changes)

    def consents(self, purpose: str, notice_version: str | None = PRIVACY, **headers: str) -> Reply:
        body = {"state": "given", "of_age": True}
        body |= {"notice_version": notice_version} if notice_version else {}
        return self.calls("PUT", f"/v1/consents/{purpose}", body=body, headers=headers)

    def withdraws(self, purpose: str, **named: str) -> Reply:
        return self.calls("PUT", f"/v1/consents/{purpose}", body={"state": "withdrawn", **named})

    def mints_a_chat_token(self) -> Reply:
        return self.calls("POST", "/v1/chat/token")

    def asks_to_step_up(self, **more: Any) -> Reply:
        return self.calls("POST", "/v1/sessions/step-up", **more)

    def steps_up_with(self, challenge_id: str, code: str, **more: Any) -> Reply:
        path = f"/v1/sessions/step-up/{challenge_id}/verify"
        return self.calls("POST", path, body={"code": code}, **more)

    def steps_up(self) -> Reply:
        """Request a code and verify it."""
        challenge = self.asks_to_step_up().json["challenge_id"]
        return self.steps_up_with(challenge, self.world.code_for(self.phone))

    def is_stepped_up(self) -> "User":
        """Return the same user with a freshly stepped-up token."""

        def step_up(_: World) -> User:
            self.verified["session"] |= self.steps_up().json["session"]
            return self

        self.verified["session"] |= self.world.begin(step_up, self.verified).session
        return self

    def exercises(self, right: str, headers: dict[str, str] | None = None, **more: Any) -> Reply:
        """Submit a rights request, from a stepped-up session if the right needs it."""
        return self.calls("POST", "/v1/rights-requests", headers, body={"right": right, **more})

    def request(self, request_id: str) -> dict[str, Any]:
        """Return the current state of one of the user's requests."""
        shown: dict[str, Any] = self.gets(f"/v1/rights-requests/{request_id}").json
        return shown

    def submits_usage(self, *events: dict[str, Any], **device: Any) -> Reply:
        return self.calls("POST", "/v1/usage", body={"events": list(events), "device": a_device(**device)})

    def gets_invoiced(self, **invoice: Any) -> Reply:
        """Have an operator record an invoice of the user."""
        return self.world.an_operator("cashier").records_invoice(self.user_id, **invoice)

    def asks_for_email(self, email: str, **more: Any) -> Reply:
        return self.calls("POST", "/v1/profile/email", body={"email": email}, **more)

    def verifies_email(self, challenge_id: str, code: str, **more: Any) -> Reply:
        path = f"/v1/profile/email/{challenge_id}/verify"
        return self.calls("POST", path, body={"code": code}, **more)

    def has_email(self, address: str) -> Reply:
        """Put an address on the profile, with a step-up for this only, unless the token is stepped up."""
        token, now = self.session["access_token"], clock.to_epoch(self.world.now)
        if jwt.decode(token, options={"verify_signature": False}).get("su", 0) <= now:
            self.is_stepped_up()
        challenge = self.asks_for_email(address).json["challenge_id"]
        verified = self.verifies_email(challenge, self.world.code_mailed_to(address))
        self.session["access_token"] = token
        return verified

    def has_had_email(self, address: str) -> Reply:
        """Put an address on the profile, as if that was before we noted when and in which session."""
        verified = self.has_email(address)
        aws.client("dynamodb").update_item(
            TableName="ru4m-test-accounts",
            Key={"pk": {"S": f"A#{self.account_id}"}, "sk": {"S": "profile"}},
            UpdateExpression="REMOVE email_verified_at, email_session",
        )
        return verified

    def asks_for_number(self, phone: str, **more: Any) -> Reply:
        return self.calls("POST", "/v1/profile/phone", body={"phone": phone}, **more)

    def verifies_number(self, challenge_id: str, code: str, **more: Any) -> Reply:
        path = f"/v1/profile/phone/{challenge_id}/verify"
        return self.calls("POST", path, body={"code": code}, **more)

    def changes_number(self, phone: str) -> "User":
        """Step up, request a code to a new number, and verify it; return the same user with it."""
        self.is_stepped_up()
        asked = self.asks_for_number(phone)
        assert asked.status == 202, asked.text
        changed = self.verifies_number(asked.json["challenge_id"], self.world.code_for(phone))
        assert changed.status == 200, changed.text
        self.phone = phone
        return self

    def signs_in_again(self) -> "User":
        """Return the same user with a new session, for example after days."""
        return self.world.a_user(self.phone)

    def makes_a_code(self) -> str:
        """Make a contact code; return it."""
        return str(self.calls("POST", "/v1/contact-codes").json["code"])

    def adds(self, code: str, **more: Any) -> Reply:
        """Use a contact code."""
        return self.calls("POST", "/v1/contacts", body={"code": code}, **more)

    def invites(self, other: "User", **more: Any) -> Reply:
        return self.calls("POST", "/v1/invitations", body={"user_id": other.user_id}, **more)

    def blocks(self, other: "User") -> Reply:
        return self.calls("PUT", f"/v1/blocks/{other.user_id}")

    def unblocks(self, other: "User") -> Reply:
        return self.calls("DELETE", f"/v1/blocks/{other.user_id}")

    def meets(self, *others: "User") -> None:
        """Become a contact of others."""
        code = self.makes_a_code()
        for other in others:
            assert other.adds(code).status == 201

    def opens(self, *others: "User | str", name: str | None = None, **more: Any) -> Reply:
        """Open a conversation with users, each given as such or by an id."""
        members = [other if isinstance(other, str) else other.user_id for other in others]
        body = {"members": members} | ({"name": name} if name is not None else {})
        return self.calls("POST", "/v1/conversations", body=body, **more)

    def changes_members(self, conversation_id: str, **changes: list[str]) -> Reply:
        return self.calls("POST", f"/v1/conversations/{conversation_id}/members", body=changes)

    def renames(self, conversation_id: str, name: str, etag: str | None = None) -> Reply:
        """Rename the current version of a group, unless an ETag is given."""
        path = f"/v1/conversations/{conversation_id}"
        tag = etag or self.gets(path).headers.get("etag", '"0"')
        return self.calls("PATCH", path, headers={"If-Match": tag}, body={"name": name})

    def leaves(self, conversation_id: str) -> Reply:
        return self.calls("DELETE", f"/v1/conversations/{conversation_id}/members/me")

    def logs_out(self) -> Reply:
        return self.calls("DELETE", f"/v1/sessions/{self.session['session_id']}")
