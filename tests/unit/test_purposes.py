"""Tests which purposes data may be processed for, given a subject's decisions."""

import pytest

from chalicelib.consents.model import Consent, ConsentState, Purposes
from chalicelib.core import clock
from chalicelib.core.ids import AccountId
from chalicelib.privacy.purposes import LegalBasis, Purpose, Refusal, permits, refusal

_NEEDS_CONSENT = {purpose for purpose in Purpose if purpose.basis is LegalBasis.CONSENT}
_OUTLASTS = {Purpose.AUTHENTICATION, Purpose.SECURITY, Purpose.LEGAL_OBLIGATION, Purpose.LEGAL_CLAIMS}


def _choices(**decided: object) -> Purposes:
    return Purposes.model_validate({"account_id": AccountId.new(), **decided})


def _given(*purposes: Purpose, state: ConsentState = ConsentState.GIVEN) -> Purposes:
    return _choices(consents={p: Consent(state=state, since=clock.now()) for p in purposes})


@pytest.mark.promise("RGT-7")
@pytest.mark.parametrize("purpose", sorted(_NEEDS_CONSENT))
def test_purpose_with_consent_as_basis_starts_and_ends_with_the_consent(purpose: Purpose) -> None:
    assert refusal(None, purpose) is Refusal.NO_CONSENT
    assert refusal(_choices(), purpose) is Refusal.NO_CONSENT
    assert permits(_given(purpose), purpose, {purpose})
    assert refusal(_given(purpose), purpose, _NEEDS_CONSENT - {purpose}) is Refusal.NO_CONSENT
    assert refusal(_given(purpose, state=ConsentState.WITHDRAWN), purpose) is Refusal.NO_CONSENT


@pytest.mark.parametrize("purpose", sorted(_NEEDS_CONSENT))
def test_consent_is_for_its_purpose_alone(purpose: Purpose) -> None:
    given = _given(purpose)
    assert [other for other in _NEEDS_CONSENT if permits(given, other, _NEEDS_CONSENT)] == [purpose]


@pytest.mark.parametrize("purpose", sorted(set(Purpose) - _NEEDS_CONSENT))
def test_purpose_on_another_basis_needs_no_consent(purpose: Purpose) -> None:
    assert permits(None, purpose)
    assert permits(_choices(), purpose)


@pytest.mark.promise("RGT-4")
@pytest.mark.parametrize("purpose", list(Purpose))
def test_full_restriction_still_allows_rights_security_and_law(purpose: Purpose) -> None:
    restricted = _given(purpose).model_copy(update={"wholly_restricted": True})
    assert (refusal(restricted, purpose) is Refusal.RESTRICTED) is (purpose not in _OUTLASTS)


@pytest.mark.promise("RGT-4")
@pytest.mark.parametrize("purpose", sorted(set(Purpose) - _OUTLASTS))
def test_restricted_purpose_stops_and_the_others_continue(purpose: Purpose) -> None:
    choices = _given(*Purpose).model_copy(update={"restrictions": {purpose: clock.now()}})
    assert refusal(choices, purpose) is Refusal.RESTRICTED
    assert [other for other in Purpose if not permits(choices, other, _NEEDS_CONSENT)] == [purpose]


@pytest.mark.promise("RGT-5", "RGT-6", "USE-11")
@pytest.mark.parametrize("purpose", list(Purpose))
def test_objection_stops_a_purpose_despite_a_consent(purpose: Purpose) -> None:
    choices = _given(purpose).model_copy(update={"objections": {purpose: clock.now()}})
    assert refusal(choices, purpose) is Refusal.OBJECTED
