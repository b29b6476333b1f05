"""Flows of conversations: opened, changed, left, and ended by a block."""

from __future__ import annotations

from typing import Any

from chalicelib.core.table import Item
from tests.faults.flows import KEY
from tests.faults.flows_contacts import PairFlow
from tests.faults.playing import Flow, Run, forgive_counts
from tests.support.world.world import Reply

_KEY_OF_GROUP = {"Idempotency-Key": "b8a1f3a2-53c1-4b43-9d0c-0f6a3ce5a1d7"}


class TalkingFlow(PairFlow):
    """A flow of two contacts."""

    def prepare(self, run: Run) -> None:
        super().prepare(run)
        self.stream = run.stream
        self.user.meets(self.other)
        run.deliver_changes()

    def left(self) -> list[object]:
        """Return the channels at Stream: name and members."""
        channels: dict[str, dict[str, Any]] = self.stream.state()["channels"]
        found = ((str(one.get("name")), sorted(one["members"])) for one in channels.values())
        return [*sorted(found)]

    def forgive(self, row: Item) -> Item | None:
        """Ignore the version of a conversation, which begins at a random number."""
        kept = forgive_counts(row)
        return {name: value for name, value in kept.items() if name != "version"} if kept else None


class Talking(TalkingFlow):
    """A pair is opened and left, and opened again; then a block takes the blocker out of it."""

    name = "talking"

    def play(self, run: Run) -> None:
        opened = run.app(lambda: self.user.opens(self.other, headers=KEY))
        assert opened.status in {200, 201}
        conversation = opened.json["conversation_id"]
        assert run.app(lambda: self.other.leaves(conversation)).status == 204
        run.deliver_changes()
        assert run.app(lambda: self.user.opens(self.other)).status == 200
        assert run.app(lambda: self.other.blocks(self.user)).status == 204
        run.deliver_changes()


class TalkingInAGroup(TalkingFlow):
    """A group is made with a name, its member is removed, added again, renames it, and both leave."""

    name = "talking_in_a_group"
    only_in_proof = True

    def play(self, run: Run) -> None:
        opened = run.app(lambda: self.user.opens(self.other, name="Trip", headers=_KEY_OF_GROUP))
        assert opened.status in {200, 201}
        conversation, other = opened.json["conversation_id"], self.other.user_id
        for change in ({"remove": [other]}, {"add": [other]}):
            assert self._changed(run, conversation, change).status == 200
        run.deliver_changes()
        assert run.app(lambda: self.other.renames(conversation, "Journey")).status == 200
        run.deliver_changes()
        for user in (self.user, self.other):
            assert run.app(lambda user=user: user.leaves(conversation)).status == 204  # type: ignore[misc] # bound now
        run.deliver_changes()

    def _changed(self, run: Run, conversation: str, change: dict[str, list[str]]) -> Reply:
        return run.app(lambda: self.user.changes_members(conversation, **change))


CONVERSATIONS: tuple[type[Flow], ...] = (Talking, TalkingInAGroup)
