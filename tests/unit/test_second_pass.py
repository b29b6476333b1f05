"""Tests from when on an erasure searches again for what was written late, here or at Stream."""

from datetime import datetime, timedelta

import pytest

from chalicelib.core.clock import HOUR, MINUTE
from chalicelib.core.settings import ErasureExtent
from chalicelib.rights.erasure import delete
from chalicelib.rights.request.notes import ErasureNotes, StreamAnswer
from chalicelib.stream.model import StreamReport

NOON = datetime.fromisoformat("2026-11-24T12:00:00Z")


@pytest.mark.promise("STR-5")
@pytest.mark.parametrize(
    ("report", "waits"),
    [
        (StreamReport.NO_USER, HOUR),
        (StreamReport.NOT_FOUND, HOUR),
        (StreamReport.DELETED, 16 * MINUTE),
        (StreamReport.DELETED_BEFORE, 16 * MINUTE),
    ],
)
def test_second_pass_outlasts_chat_tokens_unless_stream_had_the_user(
    report: StreamReport, waits: timedelta
) -> None:
    answer = StreamAnswer(report, ErasureExtent.KEEP_CONVERSATIONS, None, NOON, NOON)
    left = ErasureNotes(frozen_at=NOON, captured_at=NOON, stream_answer=answer)
    assert delete.second_pass_at(left, NOON) == NOON + waits
