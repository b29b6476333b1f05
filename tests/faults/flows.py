"""The flows that are crashed: each from the first request to its last consequence."""

from __future__ import annotations

from datetime import timedelta

from chalicelib.accounts import service as accounts
from chalicelib.accounts import store as accounts_store
from chalicelib.core.table import Item
from chalicelib.notices.jobs import announce_notices
from tests.faults.playing import Flow, Run, forgive_counts
from tests.support.builders import a_device, an_event
from tests.support.notices import DAY, a_version, publish
from tests.support.world import User

PHONE, OTHER_PHONE = "+381601111111", "+381602222222"
ADDRESS = "mila@test.example"
DEVICE = a_device(id="8e03978e-40d5-43e8-bc93-6894a57f9324")
KEY = {"Idempotency-Key": "5b0c1c0e-3f53-4b7b-9d6f-0d2a6a1f6a11"}


class SigningUp(Flow):
    """A number, a code, an account, its user at Stream."""

    name = "signing_up"
    # The code is on its way before that can be noted: who dies in between has the next one send it again.
    more_messages = 1

    def play(self, run: Run) -> None:
        asked = run.app(lambda: run.world.asks_for_a_code(PHONE, DEVICE, headers=KEY))
        assert asked.status == 202
        code = run.world.code_for(PHONE)
        answer = {"code": code, "display_name": "Mila"}
        verified = run.app(lambda: run.world.verifies(asked.json["challenge_id"], **answer))
        assert verified.json["new_account"] is True
        run.deliver_changes()
        user = User(run.world, PHONE, verified.json)
        assert run.app(lambda: user.gets("/v1/profile")).status == 200


class OfAUser(Flow):
    """What somebody does who is signed up."""

    def prepare(self, run: Run) -> None:
        self.user = run.world.a_user(PHONE, DEVICE, display_name="Mila")
        run.deliver_changes()


class SteppingUp(OfAUser):
    """A code to the account's own number."""

    name = "stepping_up"
    more_messages = 1  # as for signing up

    def play(self, run: Run) -> None:
        asked = run.app(lambda: self.user.asks_to_step_up(headers=KEY))
        assert asked.status == 202
        code = run.world.code_for(PHONE)
        verified = run.app(lambda: self.user.steps_up_with(asked.json["challenge_id"], code))
        assert verified.status == 200


class AddingAnAddress(OfAUser):
    """An email address gets onto the profile."""

    name = "adding_an_address"
    more_messages = 1  # as for signing up

    def play(self, run: Run) -> None:
        asked = run.app(lambda: self.user.asks_for_email(ADDRESS, headers=KEY))
        assert asked.status == 202
        code = run.world.code_mailed_to(ADDRESS)
        verified = run.app(lambda: self.user.verifies_email(asked.json["challenge_id"], code))
        assert verified.json["email"] == ADDRESS
        run.deliver_changes()


class Consenting(OfAUser):
    """A consent is given and withdrawn, and both are on record once."""

    name = "consenting"

    def play(self, run: Run) -> None:
        assert run.app(lambda: self.user.consents("analytics")).status == 200
        assert run.app(lambda: self.user.withdraws("analytics")).status == 200


class TellingUsage(OfAUser):
    """More events than one write takes."""

    name = "telling_usage"

    def prepare(self, run: Run) -> None:
        super().prepare(run)
        self.user.consents("analytics")
        ids = (f"00000000-0000-4000-8000-{number:012}" for number in range(30))
        self.events = [an_event(id=one) for one in ids]

    def play(self, run: Run) -> None:
        told = run.app(lambda: self.user.tells_usage(*self.events, id=DEVICE["id"]))
        assert told.json["accepted"] == len(self.events)


class LoggingOut(OfAUser):
    """A device is logged out here, and its tokens are revoked at Stream."""

    name = "logging_out"

    def play(self, run: Run) -> None:
        ended = run.app(self.user.logs_out)
        assert ended.status == 204 or ended.problem == "session_ended"  # who asks again is out already
        run.deliver_changes()
        assert run.stream.user(self.user.user_id)["revoke_tokens_issued_before"].startswith(
            "2026-11-24T11:59:56"
        )


class Announcing(Flow):
    """A version is announced by mail and in the app, in both rounds of the walk."""

    name = "announcing"
    # Nobody knows whether a mail went whose sending was cut off. It is told in the app instead, which can't
    # be doubled.
    fewer_messages = 1

    def prepare(self, run: Run) -> None:
        for module in (accounts, accounts_store):
            run.patch.setattr(module, "SHARDS", ("00",))
        mila = run.world.a_user(PHONE, DEVICE, display_name="Mila")
        mila.has_email(ADDRESS)
        run.world.a_user(OTHER_PHONE, DEVICE, display_name="Vuk")
        run.deliver_changes()
        publish(run.patch, a_version("2026-12-24", announced_for=60 * DAY))

    def play(self, run: Run) -> None:
        for pause in (DAY, timedelta()):
            run.schedule(announce_notices, every=timedelta(minutes=10))
            run.world.advance(pause)

    def forgive(self, row: Item) -> Item | None:
        """Everybody is told, one way or the other."""
        if row.get("kind") == "announcement":
            assert row["telling"] == "told"
        # Of a walk, a fence counts who took it up.
        free = {"announcement": {"channel", "mail_id"}, "walk": {"fence"}}.get(row.get("kind", ""), set())
        return forgive_counts({name: value for name, value in row.items() if name not in free})


FLOWS: tuple[type[Flow], ...] = (
    SigningUp,
    SteppingUp,
    AddingAnAddress,
    Consenting,
    TellingUsage,
    LoggingOut,
    Announcing,
)
