"""Runs reconciliation, and plans checks of erased users without their erasures."""

from __future__ import annotations

from typing import Any

from chalicelib.core import clock
from chalicelib.core.ids import RightsRequestId, UserId
from chalicelib.core.table.items import plain
from chalicelib.core.transactions import commit
from chalicelib.reconciliation.jobs import reconcile_chat
from chalicelib.rights.erasure import certify
from chalicelib.stream import gateway
from chalicelib.stream.model import ChatProfile, StreamReport
from tests.support.clouds import cloud
from tests.support.world.builders import a_schedule_event

Erased = tuple[RightsRequestId, UserId]


def reconcile(**detail: Any) -> dict[str, int]:
    """Run the job as Lambda does; returns its counts."""
    done: dict[str, int] = reconcile_chat(a_schedule_event() | {"detail": detail}, None)
    return done


def an_erased_user(reported: StreamReport = StreamReport.DELETED) -> Erased:
    """Plan the checks of a user who was erased now and whom Stream does not have."""
    erased = RightsRequestId.new(), UserId.new()
    commit(certify.planning_checks(*erased, clock.now(), reported))
    return erased


def still_at_stream(erased: Erased) -> Erased:
    """Let Stream have an erased user after all."""
    gateway.upsert([ChatProfile(erased[1], "Mila", None)])
    return erased


def planned() -> list[tuple[str, str]]:
    """Return stage and instant of each planned check, earliest first."""
    rows = [plain(raw) for raw in cloud.records("stream_check")]
    return sorted((str(row["due"]).split("#")[0].removeprefix("check_"), row["due_at"]) for row in rows)


def planned_of(user_id: UserId) -> list[str]:
    """Return the stages of the planned checks of a user; at most one."""
    rows = [plain(raw) for raw in cloud.records("stream_check")]
    return [str(row["due"]).split("#")[0].removeprefix("check_") for row in rows if row["user_id"] == user_id]
