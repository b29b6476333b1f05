"""Tests that the evidence which a request owes to its altered history fits into one entry.

test_rights_outages.py, which is of the proof, also appends it after the repair.
"""

from __future__ import annotations

import pytest

from chalicelib.core.chain import MAX_PAYLOAD_BYTES
from chalicelib.core.ids import RightsRequestId
from chalicelib.rights.request.evidence import append_or_owe, entry, history_of
from tests.support.cases.scripted import a_request, stored
from tests.support.world.ledger import alter_newest
from tests.support.world.world import World


@pytest.mark.promise("RGT-10")
def test_oldest_owed_entries_are_counted_by_event_once_they_outgrow_an_entry(world: World) -> None:
    _, request_id = a_request(world)
    alter_newest(history_of(RightsRequestId(request_id)))
    after = stored(request_id)
    for number in range(120):
        _, after = append_or_owe(after, entry(f"event_{number % 3}", {"reason": "x" * 200}))
    assert sum(len(one.model_dump_json()) for one in after.owed) < MAX_PAYLOAD_BYTES
    folded, *kept = after.owed
    assert sum(folded.said["events"].values()) + len(kept) == 120
