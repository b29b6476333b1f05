"""A subject with a canary in every field, and the requests that store them."""

from __future__ import annotations

import json
import re
import secrets
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from infra.local.cloud import LocalCloud
from infra.local.tour.phone import Phone, PhoneAnswer, codes_in
from infra.local.tour.receipt import ReceiptLink
from infra.local.tour.rights import answer_to, fetched
from infra.local.tour.usage import an_event, batch, move_back
from infra.local.waiting import until
from tests.support.canaries.values import CanaryForm, CanarySet, digits, letters
from tests.support.cases.images import a_jpeg
from tests.support.clouds.deployed import pause_worker

WORD, QUOTED = CanaryForm.WORD, CanaryForm.QUOTED
ANSWER_TIMEOUT = 60.0  # seconds; a handful of steps, each a message

_IDS = {"c": "challenge", "s": "session", "cr": "consent record"}
_ID = re.compile(r"(c|s|cr)_[0-9a-z]{26}")
_SECRETS = {"access_token": "access token", "refresh_token": "refresh token", "token": "chat token"}
_DAYS_AGO = 9  # the day of the usage events; other tests use other days


@dataclass
class CanaryPhone(Phone):
    """A phone whose requests also have canaries in their headers."""

    extra: dict[str, str] = field(default_factory=dict)

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        token: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> PhoneAnswer:
        return super().call(method, path, body, token=token, headers={**self.extra, **(headers or {})})


@dataclass
class CanarySubject:
    """A user of the deployed service; every value that the test knows of them is a canary."""

    cloud: LocalCloud
    phone: CanaryPhone
    canaries: CanarySet = field(default_factory=CanarySet)
    requests: dict[str, ReceiptLink] = field(default_factory=dict)
    _numbers: dict[str, int] = field(default_factory=dict)

    @classmethod
    def with_new_app(cls, cloud: LocalCloud, number: str) -> CanarySubject:
        """A person who has just installed the app."""
        phone = CanaryPhone(cloud.state.api_url, number, cloud.texts_to)
        subject = cls(cloud, phone)
        add = subject.canaries.add
        add("number", number)
        add("device id", phone.device_id)
        phone.extra = {
            "User-Agent": add("user agent", letters()),
            "Accept-Language": f"sr, {add('accepted language', letters(8))};q=0.5",
            "Referer": f"https://{add('referrer', letters())}.example/",
        }
        phone.on_answer = subject._collect
        return subject

    def signs_up(self) -> None:
        """Create the account and fill in the profile, by the routes of the app."""
        add, phone = self.canaries.add, self.phone
        locale = add("locale", f"en-{letters(8)}-{letters(8)}")
        device = {
            "device_id": phone.device_id,
            "platform": "ios",
            "model": add("device model", letters()),
            "os_version": add("device system", letters()),
            "app_version": add("device app", letters()),
        }
        self._signup = {"phone": phone.number, "device": device, "locale": locale}
        phone.give_code(self._asks_for_code(), phone.read_code(), add("display name", letters()))
        add("account id", phone.account_id)
        add("user id", phone.user_id)
        # The first one leaves no mark of a change; the second one does.
        for address in (f"{letters()}@first.example", add("address", f"{letters()}@inbox.example")):
            challenge = phone.ask_for_email(address).body["challenge_id"]
            phone.give_mailed_code(challenge, codes_in(self.cloud.mails_to(address))[-1])
        assert phone.call("PUT", "/v1/profile/pin", {"pin": add("PIN", digits(12))}).status == 204
        chosen = {"username": add("username", letters()), "password": add("password", letters(20))}
        assert phone.call("PUT", "/v1/profile/password", chosen).status == 204
        phone.change_profile(
            name=add("name", f"{letters()} Čanarović"),
            date_of_birth=add("date of birth", f"191{digits(1)}-0{digits(1)}-1{digits(1)}"),
            job_title=add("job title", letters()),
            employer=add("employer", f"{letters()} & Sinovi"),
            country=add("country", f"X{letters(1)}".upper(), QUOTED),
        )

    def uses_the_app(self) -> None:
        """Consent, submit usage events, sign in again, and leave codes unused."""
        phone = self.phone
        phone.consent("analytics")
        phone.call("PUT", "/v1/consents/marketing", {"state": "withdrawn"})
        for purpose in ("analytics", "marketing"):
            phone.call("GET", f"/v1/consents/{purpose}/records")
        self._submits_usage()
        move_back(self.cloud, [phone], days=_DAYS_AGO)
        self.cloud.run("roll_up_usage")
        phone.refresh()
        phone.call("GET", "/v1/sessions")
        phone.call("POST", "/v1/sessions/links", {"device": self._signup["device"]}, token="")
        phone.give_code(self._asks_for_code(), phone.read_code())
        token = self.canaries.add("push token", secrets.token_hex(32))
        registered = phone.call("PUT", "/v1/devices/push", {"platform": "ios", "token": token})
        assert registered.status == 200
        phone.ask_for_email(self.canaries.add("other address", f"{letters()}@inbox.example"))
        self.shows_an_avatar()
        self.matches_an_address_book()
        guest = {"phone": phone.number, "right": "access", "device_id": phone.device_id}
        assert phone.call("POST", "/v1/rights-requests/guest", guest, token="").status == 202
        self._asks_for_code()

    def meets(self, others: list[Phone]) -> None:
        """Store a row of each kind that names another user: six others have to be signed up."""
        added, adding, invited, inviting, blocked, blocker = others
        code = added.call("POST", "/v1/contact-codes").body["code"]
        assert self.phone.call("POST", "/v1/contacts", {"code": code}).status == 201
        code = self.phone.call("POST", "/v1/contact-codes").body["code"]
        assert adding.call("POST", "/v1/contacts", {"code": code}).status == 201
        self.phone.open_conversation(added)
        self.phone.open_conversation(added, name=self.canaries.add("name of an own group", letters()))
        adding.open_conversation(self.phone)
        assert added.call("POST", "/v1/calls/missed", {"user_id": self.phone.user_id}).status == 202
        silent, first = {"muted_users": [added.user_id]}, {"If-Match": '"0"'}
        assert self.phone.call("PUT", "/v1/notifications", silent, headers=first).status == 200
        for sender, recipient in ((self.phone, invited), (inviting, self.phone)):
            assert sender.call("POST", "/v1/invitations", {"user_id": recipient.user_id}).status == 202
        for by, other in ((self.phone, blocked), (blocker, self.phone)):
            assert by.call("PUT", f"/v1/blocks/{other.user_id}").status == 204

    def shows_an_avatar(self) -> None:
        """Upload a photo that has the camera in its metadata."""
        photo = a_jpeg(maker=self.canaries.add("camera", letters()))
        address = self.phone.show_avatar(photo)
        self.canaries.add("avatar", address.split("/")[-2])

    def matches_an_address_book(self) -> None:
        """Be found by number, and compare a number of a person who has no account."""
        phone = self.phone
        phone.change_profile(discoverable=True)
        phone.consent("contact_matching")
        book = [self.canaries.add("number of an address book", f"+38163{digits(7)}"), phone.number]
        answer = phone.call("POST", "/v1/contacts/match", {"numbers": book})
        assert answer.body == {"matches": [], "checked": 2}, answer.body
        named = [{"number": book[0], "name": self.canaries.add("name in an address book", letters())}]
        assert phone.call("POST", "/v1/contacts/match", {"numbers": named}).status == 400

    def _submits_usage(self) -> None:
        add = self.canaries.add
        used = an_event(
            add("event name", letters()),
            screen=add("event screen", letters()),
            duration_ms=int(add("event duration", digits(7), WORD)),
        )
        fault = {
            "kind": "crash",
            "error": add("fault error", letters()),
            "code": int(add("fault code", f"-1{digits(8)}", WORD)),
            "memory_mb": int(add("fault memory", digits(6), WORD)),
            "free_memory_mb": int(add("fault free memory", digits(6), WORD)),
        }
        crashed = an_event(
            add("fault name", letters()),
            screen=add("fault screen", letters()),
            duration_ms=int(add("fault duration", digits(7), WORD)),
            diagnostics=fault,
        )
        sent = batch(self.phone, used, crashed)
        sent["device"] |= {
            "model": add("usage model", letters()),
            "os_version": add("usage system", f"{digits(5)}.{digits(3)}", WORD),
            "app_version": add("usage app", f"{digits(5)}.{digits(3)}", WORD),
        }
        answer = self.phone.call("POST", "/v1/usage", sent)
        assert answer.body == {"accepted": 2, "dropped": {}}, answer.body

    def makes_mistakes(self) -> None:
        """Send input that is refused, at each place where a value may be."""
        add, phone = self.canaries.add, self.phone
        wrong = add("refused input", letters())
        for method, path, body in (
            ("POST", "/v1/signup", {"phone": wrong, "device": {"device_id": wrong}, wrong: wrong}),
            ("POST", "/v1/signup", {**self._signup, "surprise": self.canaries["name"]}),
            ("POST", "/v1/profile/email", {"email": f"{wrong}@@{wrong}"}),
            ("POST", "/v1/usage", {"events": [{"name": wrong, "occurred_at": wrong}], "device": wrong}),
            ("POST", "/v1/rights-requests", {"right": wrong, "reason": wrong}),
            ("GET", f"/v1/users/{wrong}?cursor={wrong}", None),
            ("GET", f"/v1/{wrong}", None),
        ):
            assert 400 <= phone.call(method, path, body).status < 500
        for token in (f"{wrong}.{wrong}.{wrong}", wrong):
            assert phone.call("GET", "/v1/profile", token=token).status == 401

    def meets_failures(self) -> None:
        """Make requests that fail with an error which no code expects."""
        phone, failing = self.phone, {"RU4M_TABLE_ACCOUNTS": "missing", "RU4M_TABLE_CHALLENGES": "missing"}
        with self.cloud.configured("profiles", failing), self.cloud.configured("signup", failing):
            etag = {"If-Match": '"1"', "Content-Type": "application/merge-patch+json"}
            changes = {"name": self.canaries["name"]}
            assert phone.call("PATCH", "/v1/profile", changes, headers=etag).status >= 500
            assert phone.call("POST", "/v1/signup", self._signup).status >= 500
        quoted = self.canaries.add("quoted by an exception", letters())
        for job in ("note_bounces", "work_rights", "erase_accounts"):
            self.cloud.invoke(job, {"Records": [{"Sns": {"Message": quoted}, "body": quoted}]})
        # DynamoDB's deserializer quotes a type that it does not know.
        self._invoke_sync({"pk": {quoted: "x"}, "sk": {"S": "profile"}})
        refusal = {"code": 4, "StatusCode": 400, "message": f"{self.canaries['display name']} is refused"}
        self.cloud.stream.fault(method="POST", path="/users", status=400, body=json.dumps(refusal))
        self.phone.change_profile(country=self.canaries["country"])  # it marks the profile
        self._invoke_sync({"pk": {"S": f"A#{self.canaries['account id']}"}, "sk": {"S": "profile"}})
        self.cloud.stream.clear_faults()

    def _invoke_sync(self, keys: dict[str, dict[str, str]]) -> None:
        """Deliver a change of the table of accounts to the function that copies it to Stream."""
        change = {"Keys": keys, "SequenceNumber": "1", "ApproximateCreationDateTime": 1_764_000_000}
        self.cloud.invoke("sync_chat_profiles", {"Records": [{"eventName": "MODIFY", "dynamodb": change}]})

    def exercises_rights(self) -> None:
        """Get a copy, and ask for a transfer that is cancelled before it begins."""
        self.phone.step_up()
        access = self.asks("access")
        until(lambda: answer_to(self.phone, access.request_id), "the answer", ANSWER_TIMEOUT)
        assert fetched(self.phone, access.request_id).testzip() is None
        access.wait_for_step("announce", "done")
        stated = self.asks("rectification", reason=self.canaries.add("statement", letters()))
        stated.wait_for_step("notify_recipients", "done")
        target = f"https://{self.canaries.add('transfer target', letters())}.example/take"
        with pause_worker(self.cloud):  # a worker that has begun would delay the last step by its lease
            transfer = self.asks("portability", transfer_to=target)
            assert transfer.cancel().status == 200
        transfer.wait_for_step("discard", "done")
        reason = self.canaries.add("reason", letters())
        assert self.asks("objection", purposes=["diagnostics"], reason=reason).cancel().status == 200

    def erases(self) -> ReceiptLink:
        """Delete the account in the app, and wait until the last step waits for the end of the hold."""
        self.phone.step_up()
        link = self.asks("erasure", waive_grace=True)
        assert link.wait_for_answer() == "partially_completed"
        link.wait_for_step("await_lapse", "in_progress")
        key = {"pk": {"S": f"R#{link.request_id}"}, "sk": {"S": "request"}}
        request = self.cloud.account.client("dynamodb").get_item(TableName="ru4m-local-rights", Key=key)
        notes = request["Item"]["notes"]["M"]
        self.canaries.add("tombstone", notes["tombstone"]["S"])
        self.canaries.add("held id", notes["held"]["S"])
        return link

    def keeps_using_an_old_app(self) -> None:
        """Make the requests of an app that does not know of the erasure, with its last tokens."""
        phone, own = self.phone, self.canaries
        wrong = {"refresh_token": phone.session["refresh_token"], "device_id": phone.device_id}
        used = batch(phone, an_event(own["event name"], screen=own["event screen"]))
        for method, path, body in (
            ("GET", "/v1/profile", None),
            ("GET", "/v1/sessions", None),
            ("POST", "/v1/usage", used),
            ("POST", "/v1/chat/token", None),
            ("POST", "/v1/profile/email", {"email": own["other address"]}),
            ("PUT", "/v1/consents/analytics", {"state": "withdrawn"}),
            ("POST", "/v1/rights-requests", {"right": "access"}),
            ("POST", "/v1/sessions/refresh", wrong),
        ):
            assert 400 <= phone.call(method, path, body).status < 500, path

    def asks(self, right: str, **more: Any) -> ReceiptLink:
        """Exercise a right in the app; the request and its receipt are canaries named after it."""
        answer = self.phone.call("POST", "/v1/rights-requests", {"right": right, **more})
        assert answer.status == 202, answer.body
        return self.follows(right, answer.body["rights_request_id"], answer.body["receipt"])

    def follows(self, right: str, request_id: str, receipt: str) -> ReceiptLink:
        """Remember a request of the subject, by its receipt."""
        self.canaries.add(f"{right} request", request_id)
        self.canaries.add(f"{right} receipt", receipt)
        self.requests[right] = ReceiptLink(self.phone, request_id, receipt)
        return self.requests[right]

    def _asks_for_code(self) -> str:
        phone = self.phone
        phone._texts_read = len(phone.inbox(phone.number))
        key = {"Idempotency-Key": str(uuid.uuid4())}
        answer = phone.call("POST", "/v1/signup", self._signup, headers=key)
        assert answer.status == 202, answer.body
        return str(answer.body["challenge_id"])

    def _collect(self, answer: PhoneAnswer) -> None:
        """Make canaries of the ids and the secrets in a response."""
        for name, value in _texts_in(answer.body):
            if found := _ID.fullmatch(value):
                self._number(_IDS[found.group(1)], value)
            elif name in _SECRETS:
                self._number(_SECRETS[name], value)

    def _number(self, name: str, value: str) -> None:
        if value not in {self.canaries[known] for known in self.canaries}:
            self._numbers[name] = self._numbers.get(name, 0) + 1
            self.canaries.add(f"{name} {self._numbers[name]}", value)


def _texts_in(value: object, name: str = "") -> Iterator[tuple[str, str]]:
    match value:
        case str():
            yield name, value
        case dict():
            for key, inner in value.items():
                yield from _texts_in(inner, key)
        case list():
            for inner in value:
                yield from _texts_in(inner, name)
