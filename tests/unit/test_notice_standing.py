"""Tests the standing: the version that applies to an account and the acceptance that is due."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.consents.notices import versions
from chalicelib.consents.notices.model import (
    Acceptance,
    Notice,
    NoticeVersion,
)
from chalicelib.consents.notices.versions import Standing
from chalicelib.messages.campaigns.model import AccountNotice, CampaignKind, NoticeChannel, NoticeState
from tests.support.world.notices import DAY, a_version

FIRST = versions.PUBLISHED[0]
MAY, JUNE = a_version("2026-05-01"), a_version("2026-06-01")
SECOND = timedelta(seconds=1)


def standing(
    accepted: tuple[Notice, ...] = (), announced: dict[NoticeVersion, datetime] | None = None
) -> Standing:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    return Standing(
        (FIRST, MAY, JUNE),
        {n.version: Acceptance(version=n.version, accepted_at=at) for n in accepted},
        {v: announcement(v, announced_at) for v, announced_at in (announced or {}).items()},
    )


def announcement(version: NoticeVersion, announced_at: datetime | None) -> AccountNotice:
    state = NoticeState.ANNOUNCED if announced_at else NoticeState.SENDING
    return AccountNotice(
        campaign=CampaignKind.ANNOUNCEMENT,
        about=version,
        state=state,
        channel=NoticeChannel.EMAIL,
        announced_at=announced_at,
    )


@pytest.mark.promise("NOT-1")
def test_version_announced_in_time_applies_from_its_day() -> None:
    announced = standing((FIRST,), {MAY.version: MAY.effective_at - 20 * DAY})
    assert announced.due(MAY.effective_at - SECOND) is None
    assert announced.due(MAY.effective_at) == MAY


@pytest.mark.promise("NOT-1")
def test_late_announcement_starts_the_whole_notice_period() -> None:
    late = MAY.effective_at + 3 * DAY
    announced = standing((FIRST,), {MAY.version: late})
    assert announced.due(late + 14 * DAY - SECOND) is None
    assert announced.due(late + 14 * DAY) == MAY


@pytest.mark.promise("NOT-1")
def test_unannounced_version_never_applies() -> None:
    untold = standing((FIRST,))
    assert (untold.current(JUNE.effective_at + 1000 * DAY), untold.due(JUNE.effective_at + 1000 * DAY)) == (
        FIRST,
        None,
    )


@pytest.mark.promise("NOT-1")
def test_mail_in_doubt_does_not_count_as_announcement() -> None:
    sending = {MAY.version: announcement(MAY.version, None)}
    doubtful = Standing((FIRST, MAY), standing((FIRST,)).accepted, sending)
    assert doubtful.due(MAY.effective_at + 1000 * DAY) is None
    assert doubtful.announced_versions() == ()


@pytest.mark.promise("STR-4")
def test_first_version_is_due_without_an_acceptance() -> None:
    assert standing().due(MAY.published_at) == FIRST


@pytest.mark.promise("STR-4")
def test_early_acceptance_counts_and_the_version_applies_at_once() -> None:
    early = standing((FIRST, MAY))
    assert (early.current(MAY.published_at), early.due(MAY.published_at)) == (MAY, None)
    assert early.due(MAY.effective_at + DAY) is None


def test_acceptance_of_a_newer_version_includes_an_older_announced_one() -> None:
    announced = {MAY.version: MAY.published_at, JUNE.version: JUNE.published_at}
    assert standing((FIRST, JUNE), announced).due(JUNE.effective_at) is None


def test_older_version_is_due_until_the_newer_one_applies() -> None:
    announced = {MAY.version: MAY.published_at, JUNE.version: JUNE.published_at}
    assert standing((FIRST,), announced).due(JUNE.effective_at - SECOND) == MAY
    assert standing((FIRST,), announced).due(JUNE.effective_at) == JUNE


instants = st.integers(0, 400).map(lambda days: datetime(2026, 1, 1, tzinfo=UTC) + days * DAY)


@pytest.mark.promise("NOT-1")
@given(
    accepted=st.sets(st.sampled_from([MAY, JUNE])),
    announced=st.dictionaries(st.sampled_from([MAY.version, JUNE.version]), instants),
    now=instants,
)
def test_no_acceptance_is_due_before_its_day_and_the_whole_notice_period(
    accepted: set[Notice], announced: dict[NoticeVersion, datetime], now: datetime
) -> None:
    due = standing((FIRST, *accepted), announced).due(now)
    if due:
        assert due not in accepted
        assert now >= max(due.effective_at, announced[due.version] + 14 * DAY)
