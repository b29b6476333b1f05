"""Tests that no request fails while a key is rotated."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from infra.local.cloud import LocalCloud
from infra.local.tour.phone import Phone
from infra.local.traffic import GOOD, kid_of, traffic_of
from infra.ops.keys.token_key import SigningKeys


@pytest.fixture
def phones(own_cloud: LocalCloud, numbers: Iterator[str]) -> list[Phone]:
    people = [Phone(own_cloud.state.api_url, next(numbers), own_cloud.texts_to) for _ in range(3)]
    for person in people:
        person.sign_up()
    return people


@pytest.mark.proof
@pytest.mark.night
@pytest.mark.promise("ACC-5")
def test_signing_key_is_rotated_and_retired_with_no_request_refused(
    own_cloud: LocalCloud, phones: list[Phone]
) -> None:
    keys = SigningKeys.of(own_cloud.account, "local", lambda _: None)
    old = kid_of(phones[0])
    with traffic_of(phones) as traffic:
        traffic.wait_for_use_of(phones, old)
        new = keys.rotate()
        traffic.wait_for_use_of(phones, new)
        keys.retire(wait=0)
        traffic.wait_for_use_of(phones, new)
    assert traffic.answers.keys() == GOOD
