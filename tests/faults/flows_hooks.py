"""Events of Stream: received, queued, and worked on by the current state."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

from chalicelib.core import chain
from chalicelib.core.clock import HOUR
from chalicelib.core.ids import AccountId, UserId
from chalicelib.core.table import Item
from chalicelib.reconciliation.cases import store
from chalicelib.reconciliation.cases.service import history_of
from chalicelib.stream import gateway
from chalicelib.stream.model import ChatProfile
from tests.faults.flows import DEVICE, OTHER_PHONE, PHONE
from tests.faults.playing import Flow, Run, forgive_counts
from tests.support.stream.hooks import message_deleted, sends_hook, user_event

_FIELD: dict[str, Any] = {"shoe_size": "42"}


class ReceivingHooks(Flow):
    """Mila's field is removed, a hidden message is deleted, and Vuk's deletion at Stream opens a case."""

    name = "receiving_hooks"
    keeps_time = False

    def prepare(self, run: Run) -> None:
        run.patch.setattr(store, "SHARDS", ("00", "01"))
        run.stream.choose(task_progress="instant", house_rules=False)
        mila = run.world.a_user(PHONE, DEVICE, display_name="Mila")
        self.vuk = run.world.a_user(OTHER_PHONE, DEVICE, display_name="Vuk")
        run.deliver_changes()
        self.mila = UserId(mila.user_id)
        gateway.upsert(
            [ChatProfile(self.mila, "Mila", None), ChatProfile(UserId(self.vuk.user_id), "Vuk", None)]
        )
        sdk = gateway._client()
        sdk.upsert_users([{"id": "system", "name": "RU4M"}])
        channel = sdk.channel("messaging", "trip", {"members": [self.mila], "name": "Trip"})
        channel.create("system")
        message = channel.send_message({"id": "a-message", "text": "hello"}, self.mila)["message"]["id"]
        sdk.delete_message(message)
        sdk.update_user_partial({"id": self.mila, "set": _FIELD})
        sdk.delete_users([self.vuk.user_id], "hard", messages="hard", conversations="hard")
        run.stream.choose(house_rules=True)
        self.events: list[dict[str, Any]] = [
            user_event("user.updated", self.mila, **_FIELD),
            message_deleted(message),
            user_event("user.deleted", self.vuk.user_id),
        ]

    def play(self, run: Run) -> None:
        for event in self.events:
            assert run.app(partial(sends_hook, run.world, event)).status == 204
        run.advance(timedelta(minutes=1))
        run.deliver_changes()
        run.advance(3 * HOUR)
        run.deliver_changes()
        assert run.queue.waiting == []
        assert run.queue.dead_letters == []
        state = run.stream.state()
        assert "shoe_size" not in state["users"][self.mila]
        assert state["channels"]["messaging:trip"]["messages"] == []

    def left(self) -> list[object]:
        """Return the case with its history."""
        case = store.read(AccountId(self.vuk.account_id))
        assert case
        events = [entry.event for entry in chain.newest_first(history_of(case.case_id))]
        return [(case.loss.value, case.is_open, events)]

    def forgive(self, row: Item) -> Item | None:
        """Ignore the id of the case, and its history, which `left` has."""
        if str(row["pk"]).startswith("stream_case#"):
            return None
        return forgive_counts({name: value for name, value in row.items() if name != "case_id"})


HOOKS: tuple[type[Flow], ...] = (ReceivingHooks,)
