"""Flows of two users: a code, a contact, an invitation, a block."""

from __future__ import annotations

from chalicelib.privacy.purposes import Practice
from tests.faults.flows import DEVICE, KEY, OTHER_PHONE, UserFlow
from tests.faults.playing import Flow, Run
from tests.support.world.practices import describe

_KEY_OF_OTHER = {"Idempotency-Key": "b8a1f3a2-53c1-4b43-9d0c-0f6a3ce5a1d7"}


class PairFlow(UserFlow):
    """A flow of two users who are signed up."""

    def prepare(self, run: Run) -> None:
        super().prepare(run)
        self.other = run.world.a_user(OTHER_PHONE, DEVICE | {"device_id": _DEVICE_ID}, display_name="Jovan")
        run.deliver_changes()


class MeetingByACode(PairFlow):
    """One user makes a code, the other becomes a contact by it, and is blocked later."""

    name = "meeting_by_a_code"

    def play(self, run: Run) -> None:
        made = run.app(lambda: self.user.calls("POST", "/v1/contact-codes", KEY))
        assert made.status == 201
        added = run.app(lambda: self.other.adds(made.json["code"], headers=_KEY_OF_OTHER))
        assert added.status in {200, 201}  # 200: a killed call had made the contact
        assert run.app(lambda: self.user.blocks(self.other)).status == 204
        run.deliver_changes()
        assert run.app(lambda: self.other.gets("/v1/contacts")).json["items"] == []


class MeetingByAnInvitation(PairFlow):
    """One user invites the other, who accepts; later they part."""

    name = "meeting_by_an_invitation"
    only_in_proof = True

    def play(self, run: Run) -> None:
        assert run.app(lambda: self.other.invites(self.user, headers=KEY)).status == 202
        (waiting,) = run.app(lambda: self.user.gets("/v1/invitations")).json["items"]
        path = f"/v1/invitations/{waiting['invitation_id']}/accept"
        assert run.app(lambda: self.user.calls("POST", path)).status == 200
        parted = run.app(lambda: self.user.calls("DELETE", f"/v1/contacts/{self.other.user_id}"))
        assert parted.status == 204


class BeingFoundByNumber(PairFlow):
    """A user can be found, is found, restricts all uses for a while, and is found again."""

    name = "being_found_by_number"

    def prepare(self, run: Run) -> None:
        super().prepare(run)
        describe(Practice.MATCHING_CONTACTS)
        self.other.consents("contact_matching")

    def play(self, run: Run) -> None:
        assert run.app(lambda: self.user.changes(etag='"1"', discoverable=True)).status == 200
        assert self._is_found(run)
        asked = run.app(lambda: self.user.exercises("restriction", KEY, ground="a"))
        assert asked.status == 202
        assert not self._is_found(run)
        lift = f"/v1/rights-requests/{asked.json['rights_request_id']}/lift"
        assert run.app(lambda: self.user.calls("POST", lift)).status == 200
        run.deliver_changes()
        assert self._is_found(run)

    def _is_found(self, run: Run) -> bool:
        book = {"numbers": [self.user.phone]}
        reply = run.app(lambda: self.other.calls("POST", "/v1/contacts/match", body=book))
        return [one["profile"]["user_id"] for one in reply.json["matches"]] == [self.user.user_id]


class MissingACall(PairFlow):
    """The app of a caller reports that a contact did not answer."""

    name = "missing_a_call"

    def prepare(self, run: Run) -> None:
        super().prepare(run)
        describe(Practice.NOTIFYING)
        self.user.meets(self.other)

    def play(self, run: Run) -> None:
        body = {"user_id": self.user.user_id}
        reported = run.app(lambda: self.other.calls("POST", "/v1/calls/missed", body=body))
        assert reported.status == 202
        run.deliver_changes()
        (call,) = run.app(lambda: self.user.gets("/v1/calls/missed")).json["items"]
        assert call["caller"]["user_id"] == self.other.user_id


_DEVICE_ID = "0c9d8bb6-3c5c-4f0e-9d29-5a5d2f1e7a11"

CONTACTS: tuple[type[Flow], ...] = (MeetingByACode, MeetingByAnInvitation, BeingFoundByNumber, MissingACall)
