"""Tests that legal statements in the register and the record of processing match the code."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from chalicelib.consents.evidence import COVERS
from chalicelib.operations.breaches import clocks
from chalicelib.operations.breaches.clocks import DeadlineRule
from chalicelib.privacy import register
from chalicelib.privacy.controller import CONTROLLER
from chalicelib.privacy.processing import Row, rows
from chalicelib.privacy.purposes import Category, LegalBasis, Purpose
from chalicelib.privacy.recipients import Mechanism, Recipient, Role
from chalicelib.privacy.remedies import AUTHORITIES, authorities_for
from infra.processing import texts

OPENAPI = json.loads((Path(__file__).parents[2] / "docs" / "openapi.json").read_text())
# The regions that the published policy applies to: the EU, the EEA and their neighbours.
EEA = {
    "AT", "BE", "BG", "HR", "CY", "CZ", "DK", "EE", "FI", "FR", "DE", "GR", "HU", "IS", "IE", "IT", "LV",
    "LI", "LT", "LU", "MT", "NL", "NO", "PL", "PT", "RO", "SK", "SI", "ES", "SE",
    "AX", "GF", "GP", "MF", "MQ", "RE", "YT",
}  # fmt: skip
NEIGHBOURS = {"AL", "BA", "CH", "GB", "ME", "MK", "XK"}


def row(kind: str) -> Row:
    return next(found for found in rows() if found.kind == kind)


# --- transfers


@pytest.mark.promise("SEC-2")
@pytest.mark.parametrize("mechanism", list(Mechanism))
def test_mechanism_of_a_transfer_is_not_the_right_to_portability(mechanism: Mechanism) -> None:
    assert not re.search(r"Art\. 20\b|portab", mechanism.value)


@pytest.mark.promise("SEC-2")
def test_mechanism_of_a_subject_directed_transfer_says_that_we_transfer_nothing() -> None:
    assert "no transfer by us" in Recipient.NAMED_CONTROLLER.entry.mechanism.value


@pytest.mark.promise("STR-7")
def test_third_country_of_stream_is_named() -> None:
    assert "United States" in Recipient.STREAM.country
    assert "United States" in texts.as_markdown(rows())


@pytest.mark.promise("NOT-6")
def test_provider_of_a_mailbox_is_no_processor() -> None:
    mailbox = Recipient.MAIL_PROVIDERS.entry
    assert (mailbox.role, mailbox.agreement) == (Role.CONTROLLER, None)
    assert "SES" not in mailbox.label
    assert "mail" in Recipient.AWS.activity  # SES sends the mail, as a processor


# --- the Serbian law


def test_record_names_the_serbian_law_beside_the_gdpr() -> None:
    assert "Art. 30(1) GDPR and Art. 47 ZZPL" in texts.as_markdown(rows())


@pytest.mark.parametrize("mechanism", sorted(set(Mechanism) - {Mechanism.SUBJECT_DIRECTS_IT}))
def test_every_mechanism_of_a_transfer_by_us_cites_the_serbian_law(mechanism: Mechanism) -> None:
    assert "ZZPL" in mechanism.value


@pytest.mark.promise("RGT-9")
def test_complaint_to_the_commissioner_cites_the_serbian_law() -> None:
    for name in ("Authority", "AuthorityView"):
        assert "Art. 82 ZZPL" in OPENAPI["components"]["schemas"][name]["description"]


@pytest.mark.promise("RGT-9")
@pytest.mark.parametrize("country", sorted(EEA | NEIGHBOURS))
def test_subject_of_each_country_in_the_policys_scope_has_an_authority_there(country: str) -> None:
    *commissioner, own = authorities_for(country)
    assert tuple(commissioner) == CONTROLLER.authorities
    assert own.url.startswith("https://")


@pytest.mark.promise("SEC-4")
@pytest.mark.parametrize(("part", "state"), [("RE", "FR"), ("YT", "FR"), ("AX", "FI")])
def test_part_of_a_member_state_has_its_authority_and_its_law(part: str, state: str) -> None:
    assert clocks.authority_of(part) == clocks.authority_of(state)
    assert clocks.rule_allowed(part, DeadlineRule.COMMUNICATIONS)


def test_country_outside_the_scope_has_no_authority_in_the_list() -> None:
    assert AUTHORITIES.keys() == EEA | NEIGHBOURS


# --- bases, categories, periods


@pytest.mark.promise("SEC-1")
def test_keyed_hashes_are_personal_data() -> None:
    for kind in ("claim", "limit", "known_device"):
        assert row(kind).categories == (Category.PSEUDONYM,)
        assert "personal data" in row(kind).protected
        assert "no personal" not in row(kind).protected


@pytest.mark.promise("RET-3")
def test_basis_of_request_evidence_is_legitimate_interests_in_legal_claims() -> None:
    assert row("request_evidence").basis is LegalBasis.LEGITIMATE_INTERESTS
    assert "Art. 6(1)(f) and 17(3)(e) GDPR" in row("rights_request").kept


@pytest.mark.promise("RGT-7")
def test_consent_to_analytics_covers_exactly_the_stored_categories() -> None:
    stored: set[Any] = set()
    for record in register.records():
        if record.declaration.purpose is Purpose.ANALYTICS:
            stored |= {marker.category for marker in record.declaration.personal().values()}
    assert set(COVERS[Purpose.ANALYTICS]) == stored
    assert not stored & {Category.IP_ADDRESS, Category.TELEMETRY}


@pytest.mark.promise("SEC-1")
def test_statement_that_records_are_sealed_excludes_usage_data() -> None:
    (sealed,) = (safeguard for safeguard in Recipient.AWS.entry.safeguards if "our keys" in safeguard)
    assert sealed.endswith("except those of usage data")


def test_open_request_is_kept_until_its_answer() -> None:
    assert row("open_request").kept == "until the request is answered"
