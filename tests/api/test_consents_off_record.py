"""Tests withdrawals while the subject's history is altered: in force now, recorded later."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.core.chain import Chain
from chalicelib.core.clock import HOUR
from tests.support.clouds import cloud
from tests.support.jobs import workers
from tests.support.world.ledger import overwrite, stored
from tests.support.world.world import User, World


@dataclass
class Altered:
    """A subject who consents to two purposes, and whose newest entry was altered."""

    mila: User
    history: Chain
    as_written: Any

    def repair(self) -> None:
        """Restore the altered entry, as an operator does."""
        overwrite(self.history, 2, payload=self.as_written["payload"]["S"])


@pytest.fixture
def altered(world: World) -> Altered:
    mila = world.a_user()
    assert mila.consents("analytics").status == mila.consents("marketing").status == 200
    (name,) = {item["pk"]["S"] for item in entries()}
    history = Chain.parse(name)
    as_written = stored(history, 2)
    overwrite(history, 2, payload='{"events":[]}')
    return Altered(mila, history, as_written)


@pytest.fixture
def mila(altered: Altered) -> User:
    return altered.mila


def entries() -> list[dict[str, Any]]:
    return [item for item in cloud.all_items() if "previous_delete_at" in item]


def at_risk(capsys: pytest.CaptureFixture[str]) -> bool:
    return '"ConsentEvidenceAtRisk"' in capsys.readouterr().out


def run() -> Any:
    return workers.renew()


def state(user: User, purpose: str) -> str:
    (found,) = [c for c in user.gets("/v1/consents").json["items"] if c["purpose"] == purpose]
    return str(found["state"])


@pytest.mark.promise("RGT-7")
def test_withdrawal_without_a_record_is_in_force_and_counted_in_a_metric(
    mila: User, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert mila.withdraws("analytics").status == 200
    assert (state(mila, "analytics"), state(mila, "marketing")) == ("withdrawn", "given")
    assert len(entries()) == 2
    assert at_risk(capsys)


@pytest.mark.promise("RGT-7")
def test_further_withdrawals_without_a_record_are_in_force(mila: User) -> None:
    for purpose in ("analytics", "analytics", "marketing"):
        assert mila.withdraws(purpose).status == 200
    assert (state(mila, "analytics"), state(mila, "marketing")) == ("withdrawn", "withdrawn")


@pytest.mark.promise("RGT-7")
def test_consent_is_refused_while_its_evidence_cannot_be_stored(mila: User) -> None:
    mila.withdraws("analytics")
    assert mila.consents("analytics").problem == "unavailable"
    assert mila.consents("location_sharing").problem == "unavailable"
    assert (state(mila, "analytics"), state(mila, "location_sharing")) == ("withdrawn", "unknown")


@pytest.mark.promise("USE-4")
def test_global_privacy_control_signal_is_recorded_as_a_withdrawal(mila: User) -> None:
    assert mila.calls("POST", "/v1/consents/signals", body={"gpc": True}).status == 200
    assert state(mila, "personalised_ads") == "withdrawn"


@pytest.mark.promise("RGT-7")
def test_job_appends_pending_events_once_the_history_is_repaired(
    world: World, altered: Altered, capsys: pytest.CaptureFixture[str]
) -> None:
    mila = altered.mila
    withdrawn_at = mila.withdraws("analytics").json["decided_at"]
    mila.withdraws("marketing")
    world.advance(timedelta(minutes=10))
    capsys.readouterr()
    assert run() == {"renewed": 0, "failed": 1, "deleted": 0}
    assert at_risk(capsys)
    altered.repair()
    world.advance(HOUR)
    assert run() == {"renewed": 1, "failed": 0, "deleted": 0}
    world.advance(HOUR)
    assert run() == {"renewed": 0, "failed": 0, "deleted": 0}
    assert len(entries()) == 3
    mila = world.a_user(mila.phone)
    for purpose in ("analytics", "marketing"):
        newest, given = records(mila, purpose)
        assert [newest["event_state"], given["event_state"]] == ["ConsentWithdrawn", "ConsentGiven"]
        assert newest["event_time"] == withdrawn_at


@pytest.mark.promise("RGT-7")
def test_next_decision_appends_pending_events_first(altered: Altered) -> None:
    mila = altered.mila
    mila.withdraws("analytics")
    altered.repair()
    assert mila.consents("analytics").status == 200
    states = [record["event_state"] for record in records(mila, "analytics")]
    assert states == ["ConsentGiven", "ConsentWithdrawn", "ConsentGiven"]
    assert run() == {"renewed": 0, "failed": 0, "deleted": 0}


def records(user: User, purpose: str) -> list[dict[str, Any]]:
    return [record["event"] for record in user.gets(f"/v1/consents/{purpose}/records").json["items"]]
