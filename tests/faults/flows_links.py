"""The flow of a device that another one signs in by a QR code (ADR 105)."""

from __future__ import annotations

from chalicelib.core.table import Item
from tests.faults.flows import ADDRESS, UserFlow
from tests.faults.playing import Flow, Run, forgive_counts
from tests.support.cases.links import NewDevice
from tests.support.world.builders import a_device


class LinkingADevice(UserFlow):
    """The new device has one session then, and the owner got a mail."""

    name = "linking_a_device"
    # The mail comes before the commit. If the process dies in between, the repeated call sends it again.
    more_messages = 1
    more_when_overtaken = 1

    def prepare(self, run: Run) -> None:
        super().prepare(run)
        self.user.has_had_email(ADDRESS)
        self.user.is_stepped_up()
        self.tablet = NewDevice(run.world, a_device(device_id="0b6f1d5e-7d9c-4a3e-8b39-7d5f3c1f0a22"))
        run.deliver_changes()

    def play(self, run: Run) -> None:
        assert run.app(lambda: self.tablet.is_confirmed_by(self.user)).status == 204
        session = run.app(self.tablet.fetches)
        assert session.json["user_id"] == self.user.user_id
        assert any("QR code" in mail for mail in run.world.mails_to(ADDRESS))
        assert len(self.user.gets("/v1/sessions").json["items"]) == 2

    def forgive(self, row: Item) -> Item | None:
        """Ignore the hashes of the random secrets."""
        return forgive_counts({name: value for name, value in row.items() if not name.endswith("_hash")})


LINKS: tuple[type[Flow], ...] = (LinkingADevice,)
