"""A new message from Stream's hook to the phones of a group."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from functools import partial

from chalicelib.core.table import Item
from chalicelib.privacy.purposes import Practice
from tests.faults.flows import DEVICE, OTHER_PHONE, PHONE
from tests.faults.playing import Flow, Run, forgive_counts
from tests.support.cases.pushes import (
    a_conversation,
    fake_providers,
    give_phones,
    message_new,
    token_of,
)
from tests.support.stream.hooks import sends_hook
from tests.support.world.practices import describe

_THIRD_PHONE = "+381601234599"


class PushingAMessage(Flow):
    """Mila writes to Vuk and Ana. Each gets one push, unless a killed worker loses that of one of them."""

    name = "pushing_a_message"
    keeps_time = False

    def prepare(self, run: Run) -> None:
        describe(Practice.NOTIFYING)
        run.stream.choose(task_progress="instant")
        self.providers = fake_providers()
        phones = (PHONE, OTHER_PHONE, _THIRD_PHONE)
        self.mila, *others = (run.world.a_user(phone, DEVICE) for phone in phones)
        self.mila.meets(*others)
        run.deliver_changes()
        self.others = others
        self.group = a_conversation(self.mila, *others)
        run.deliver_changes()
        give_phones(self.mila, *others)
        self.event = message_new(self.mila, self.group)
        self.providers.taken.clear()

    def play(self, run: Run) -> None:
        assert run.app(partial(sends_hook, run.world, self.event)).status == 204
        run.advance(timedelta(minutes=20))
        pushed = Counter(self.providers.tokens)
        assert pushed.keys() <= {token_of(one) for one in self.others}
        assert set(pushed.values()) == {1}
        assert len(pushed) >= len(self.others) - 1

    def forgive(self, row: Item) -> Item | None:
        """Ignore random versions, and counts: a killed worker may have counted the push that it lost."""
        if row.get("kind") == "push_count":
            return None
        return forgive_counts({name: value for name, value in row.items() if name != "version"})


PUSHES: tuple[type[Flow], ...] = (PushingAMessage,)
