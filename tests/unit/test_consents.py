"""Tests consent decisions: the choice in force, and the data that a consent covers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.consents.evidence import COVERS
from chalicelib.consents.model import ASKED_FOR, Choice, Consent, ConsentState, Method, decided
from chalicelib.consents.notices.model import NoticeVersion
from chalicelib.core import clock
from chalicelib.privacy import register
from chalicelib.privacy.purposes import Purpose

NOW = clock.from_epoch(1_800_000_000)
VERSIONS = [NoticeVersion("privacy-2024-05-08"), NoticeVersion("privacy-2026-11-01")]

choices = st.builds(
    Choice,
    purpose=st.just(Purpose.MARKETING),
    state=st.sampled_from(ConsentState),
    notice_version=st.sampled_from(VERSIONS),
) | st.just(Choice(Purpose.MARKETING, ConsentState.WITHDRAWN, method=Method.GPC))


def outcome(said: list[Choice]) -> Consent | None:
    stands: Consent | None = None
    for choice in said:
        stands = decided(stands, choice, NOW) or stands
    return stands


@pytest.mark.promise("RGT-7", "USE-4")
@given(st.lists(choices))
def test_last_choice_is_in_force_and_a_signal_never_overrides_it(said: list[Choice]) -> None:
    explicit = [choice for choice in said if choice.method is Method.EXPLICIT]
    stands = outcome(said)
    if explicit:
        assert stands is not None
        assert (stands.state, stands.method) == (explicit[-1].state, Method.EXPLICIT)
    elif said:
        assert stands is not None
        assert (stands.state, stands.method) == (ConsentState.WITHDRAWN, Method.GPC)
    else:
        assert stands is None


@given(st.lists(choices, min_size=1))
def test_repeated_choice_changes_nothing(said: list[Choice]) -> None:
    assert decided(outcome(said), said[-1], NOW) is None


@pytest.mark.promise("RGT-7")
def test_every_consent_purpose_states_its_categories() -> None:
    assert COVERS.keys() == {*ASKED_FOR}
    assert all(COVERS.values())


@pytest.mark.promise("RGT-7")
def test_record_contains_only_data_covered_by_the_consent_of_its_purpose() -> None:
    beyond = {
        (record.declaration.kind, marker.category)
        for record in register.records()
        if (covered := COVERS.get(record.declaration.purpose))
        for marker in record.declaration.personal().values()
        if marker.category not in covered
    }
    assert beyond == set()
