"""Flows of PINs and recoveries: each right proof opens once, whatever process dies (ADR 104)."""

from __future__ import annotations

from typing import Any, ClassVar

from chalicelib.core.clock import DAY
from chalicelib.core.table import Item
from tests.faults.flows import ADDRESS, DEVICE, KEY, OTHER_PHONE, PHONE, UserFlow
from tests.faults.playing import Run, forgive_counts
from tests.support.cases.pins import PIN, sets_pin, with_pin
from tests.support.cases.recoveries import asks_for_recovery, gives_number_code
from tests.support.world.builders import a_device

NEW_DEVICE = a_device(device_id="0b6f1d5e-7d9c-4a3e-8b39-7d5f3c1f0a22")


class PinFlow(UserFlow):
    """A flow of a user, in which a repeated call may write the same PIN again."""

    def forgive(self, row: Item) -> Item | None:
        """Ignore how often the same PIN was set, or tried by the slower of two equal requests."""
        if row.get("event") == "pin_set":
            return None
        counts = {"version", "tries"} if row.get("kind") == "chosen_secret" else set()
        return forgive_counts({name: value for name, value in row.items() if name not in counts})


class SettingAPin(PinFlow):
    """A PIN is set; the mailbox is notified before. A repeated call sets it again."""

    name = "setting_a_pin"
    more_messages = 1
    more_when_overtaken = 2  # the call that came second answers 503, and is repeated

    def prepare(self, run: Run) -> None:
        super().prepare(run)
        self.user.has_email(ADDRESS)
        self.user.is_stepped_up()

    def play(self, run: Run) -> None:
        put = run.app(lambda: self.user.calls("PUT", "/v1/profile/pin", body={"pin": PIN}))
        assert put.status == 204 or put.problem == "unavailable"  # overtaken by the same call
        assert self.user.profile()["pin_set"] is True


class ShowingAPin(PinFlow):
    """A new device shows the PIN. A run that dies uses up a try; the sign-in makes all free again."""

    name = "showing_a_pin"
    more_messages = 1  # as for signing up
    answer: ClassVar[dict[str, Any]] = {"pin": PIN}

    def prepare(self, run: Run) -> None:
        super().prepare(run)
        with_pin(self.user)

    def play(self, run: Run) -> None:
        asked = run.app(lambda: run.world.asks_for_a_code(PHONE, NEW_DEVICE, headers=KEY))
        assert asked.status == 202
        challenge, code = asked.json["challenge_id"], run.world.code_for(PHONE)
        opened = run.app(lambda: run.world.verifies(challenge, code, **self.answer))
        assert opened.json["session"]["scope"] == ("full" if "pin" in self.answer else "waiting")
        run.deliver_changes()


class ForgettingAPin(ShowingAPin):
    """A new device that forgot the PIN waits; number and mailbox are notified before."""

    name = "forgetting_a_pin"
    more_messages = 2
    more_when_overtaken = 2
    answer: ClassVar[dict[str, Any]] = {"pin_forgotten": True}


class Recovering(PinFlow):
    """An owner without phone and number gets another number by mailbox and PIN."""

    name = "recovering"
    more_messages = 2
    more_when_overtaken = 2

    def prepare(self, run: Run) -> None:
        super().prepare(run)
        self.user.has_email(ADDRESS)
        sets_pin(self.user)
        run.world.advance(7 * DAY)

    def play(self, run: Run) -> None:
        challenge = asks_for_recovery(run.world, ADDRESS)
        body = {"code": run.world.code_mailed_to(ADDRESS), "pin": PIN, "phone": OTHER_PHONE}
        path = f"/v1/recoveries/{challenge}/proof"
        proven = run.app(lambda: run.world.call("POST", path, body=body, headers=KEY))
        assert proven.status == 202, proven.text
        given = run.app(lambda: gives_number_code(run.world, proven.json["challenge_id"], OTHER_PHONE))
        assert given.status == 204, given.text
        run.deliver_changes()

    def left(self) -> list[object]:
        """The accounts that the two numbers open: the user's, and a new one."""
        world = self.user.world
        world.advance(DAY)
        again = world.a_user(OTHER_PHONE, DEVICE, pin=PIN)
        return [again.user_id == self.user.user_id, world.a_user(PHONE, DEVICE).verified["new_account"]]


PINS = (SettingAPin, ShowingAPin, ForgettingAPin, Recovering)
