"""The rules for a proposed disclosure, and for its visibility to the subject."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.core.errors import InvalidRequest
from chalicelib.core.ids import AccountId, DisclosureId, StaffId, UserId
from chalicelib.privacy.personal import NEVER_DISCLOSED
from chalicelib.staff.disclosures import service
from chalicelib.staff.disclosures.model import Disclosure, DisclosureGround, DisclosureKind, DisclosureStatus
from chalicelib.staff.disclosures.service import NewDisclosure
from tests.support.cases.disclosures import a_danger, a_sale, an_order

NOW = datetime(2026, 11, 24, 12, 0, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
USER = UserId("u_" + "0" * 26)
SECRET = {"secret_until": "2028-11-24T12:00:00Z", "secrecy_reference": "item 3 of the order"}


def check(body: dict[str, Any]) -> None:
    service.check_proposal(NewDisclosure.parse(json.dumps(body).encode(), "application/json"), NOW)


def refused_field(body: dict[str, Any]) -> str:
    """Return the field for which a proposal is refused."""
    with pytest.raises(InvalidRequest) as refused:
        check(body)
    errors: Any = refused.value.members["errors"]
    return str(errors[0]["pointer"])


@pytest.mark.promise("NOT-3")
@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"ground": "curiosity"}, "/ground"),
        ({"reference": None}, "/reference"),
        ({"ground": "authority_order", "reference": None}, "/reference"),
        ({"ground": "statutory_duty", "reference": None}, "/reference"),
        ({"recipient": " "}, "/recipient"),
        ({"extract": None}, "/extract"),
        ({"reason": None}, "/reason"),
        ({"scope": []}, "/scope"),
        ({"scope": ["everything"]}, "/scope"),
        ({"scope": ["staff_member"]}, "/scope"),
        ({"scope": ["session", "session"]}, "/scope"),
        ({"notice": "privacy-2024-05-08"}, "/notice"),
        ({"secret_until": "2027-01-01T00:00:00Z"}, "/secrecy_reference"),
        ({"secrecy_reference": "item 3"}, "/secrecy_reference"),
        (SECRET | {"secret_until": "2026-11-24T12:00:00Z"}, "/secret_until"),
        (SECRET | {"secret_until": "2028-11-24T12:00:01Z"}, "/secret_until"),
    ],
)
def test_authority_gets_data_only_on_a_complete_request(changes: dict[str, Any], field: str) -> None:
    assert refused_field(an_order(USER, **changes)) == field


@pytest.mark.promise("NOT-2")
@pytest.mark.parametrize("notice", [None, "terms-2024-05-08", "a rumour"])
def test_sale_names_a_version_of_the_privacy_policy(notice: str | None) -> None:
    assert refused_field(a_sale(USER, notice)) == "/notice"


@pytest.mark.promise("NOT-5")
def test_voluntary_disclosure_needs_a_weighing_and_cannot_be_secret() -> None:
    assert refused_field(a_danger(USER, reason=None)) == "/reason"
    assert refused_field(a_danger(USER, **SECRET)) == "/secret_until"


def test_complete_proposals_are_accepted() -> None:
    check(an_order(USER, **SECRET))
    check(an_order(USER, scope=["chat_message"]))
    check(a_danger(USER))
    check(a_sale(USER, "privacy-2026-12-01"))


@pytest.mark.promise("NOT-5")
def test_grounds_of_a_voluntary_disclosure_are_those_of_the_privacy_policy() -> None:
    voluntary = {ground for ground in DisclosureGround if ground.kind is DisclosureKind.VOLUNTARY}
    assert voluntary == {"danger_to_people", "misuse", "own_rights", "legal_claims"}


def a_record(status: DisclosureStatus, secret_until: datetime | None = None) -> Disclosure:
    return Disclosure(
        disclosure_id=DisclosureId.new(),
        account_id=AccountId.new(),
        user_id=USER,
        status=status,
        ground=DisclosureGround.COURT_ORDER,
        recipient="Higher Court in Belgrade",
        scope=("session",),
        extract="Sign-ins",
        reason="An order.",
        proposed_by=StaffId.new(),
        proposed_at=NOW,
        secret_until=secret_until,
    )


@pytest.mark.promise("RGT-1")
@pytest.mark.parametrize("status", sorted(set(DisclosureStatus) - {DisclosureStatus.APPROVED}))
def test_disclosure_that_is_not_approved_is_never_disclosed(status: DisclosureStatus) -> None:
    assert a_record(status).undisclosed_until == NEVER_DISCLOSED


@pytest.mark.promise("RGT-1")
def test_approved_disclosure_is_undisclosed_while_it_is_secret() -> None:
    secret, public = (a_record(DisclosureStatus.APPROVED, until) for until in (LATER, None))
    assert (secret.undisclosed_until, public.undisclosed_until) == (LATER, None)
    assert [secret.is_secret(now) for now in (NOW, LATER)] == [True, False]
    assert not public.is_secret(NOW)
