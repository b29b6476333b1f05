"""Tests of the search for canaries: its table of fields, its places, and how it recognises a value."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Callable
from urllib.parse import quote

import pytest

from chalicelib.privacy import register
from chalicelib.privacy.declaration import DataSubject
from chalicelib.rights.erasure.certificates.model import Remaining
from infra.local.children import ROOT
from tests.support.canaries.fields import NOT_SEEDED, SEEDED, WITHOUT_CANARY
from tests.support.canaries.places import SEARCHED_SERVICES, SERVICES_WITHOUT_DATA, Where
from tests.support.canaries.remainder import MAY_REMAIN, NEVER_FOUND, HeldKind, InBackups, statements
from tests.support.canaries.search import Sighting
from tests.support.canaries.values import CanaryForm, CanarySet

VALUE = "qwertz & Čanarović"


def of_users() -> dict[str, tuple[str, ...]]:
    """The personal fields of users' records by kind."""
    declared = (record.declaration for record in register.records())
    return {one.kind: one.personal_fields() for one in declared if one.subject is DataSubject.USER}


@pytest.mark.promise("RGT-3")
def test_each_personal_field_has_a_canary_or_a_reason() -> None:
    declared = {(kind, name) for kind, names in of_users().items() for name in names}
    assert declared == SEEDED.keys() | NOT_SEEDED.keys()
    assert not SEEDED.keys() & NOT_SEEDED.keys()
    assert WITHOUT_CANARY.keys() <= of_users().keys()


@pytest.mark.promise("SEC-1")
def test_functions_may_pass_data_only_to_services_that_are_searched() -> None:
    policies = "".join(file.read_text() for file in (ROOT / ".chalice").glob("policy-*.json"))
    services = set(re.findall(r'"([a-z0-9-]+):[A-Z][A-Za-z]+"', policies))
    assert services == SEARCHED_SERVICES | SERVICES_WITHOUT_DATA


@pytest.mark.parametrize(
    "encoded",
    [
        str.encode,
        lambda text: json.dumps({"text": text}).encode(),
        lambda text: json.dumps({"document": json.dumps({"text": text})}).encode(),
        lambda text: f"?text={quote(text)}".encode(),
        lambda text: html.escape(text).encode(),
        lambda text: text.encode().hex().encode(),
        lambda text: text.encode("utf-16"),
        lambda text: base64.b64encode(text.encode()),
        lambda text: base64.b64encode(b"1" + text.encode() + b"1"),
        lambda text: base64.urlsafe_b64encode(b"12" + text.encode() + b"123"),
    ],
    ids=["text", "JSON", "JSON in JSON", "URL", "HTML", "hex", "UTF-16", "base64", "offset 1", "offset 2"],
)  # fmt: skip
def test_value_is_found_in_each_encoding(encoded: Callable[[str], bytes]) -> None:
    canaries = CanarySet()
    canaries.add("name", VALUE)
    canaries.add("other", "another value")
    assert canaries.names_in(b"before " + encoded(VALUE) + b" after") == {"name"}


def test_capitals_make_no_difference() -> None:
    canaries = CanarySet()
    canaries.add("name", "Zvezdanka")
    assert canaries.names_in(b"ZVEZDANKA") == canaries.names_in(b"zvezdanka") == {"name"}


@pytest.mark.parametrize("content", ["72913447", '{"a":72913447}', "at 72913447."])
def test_short_number_is_found_as_a_whole_word(content: str) -> None:
    assert with_duration().names_in(content.encode()) == {"duration"}


@pytest.mark.parametrize("content", ["172913447", "72913447.5", "0.72913447", "a72913447", "-72913447"])
def test_short_number_is_not_found_in_a_longer_word(content: str) -> None:
    assert with_duration().names_in(content.encode()) == frozenset()


def with_duration() -> CanarySet:
    canaries = CanarySet()
    canaries.add("duration", "72913447", CanaryForm.WORD)
    return canaries


@pytest.mark.parametrize("content", ['{"country":"XQ"}', r"{\"country\":\"XQ\"}", "A#1\nXQ\nprofile"])
def test_two_letters_are_found_as_a_whole_value(content: str) -> None:
    assert with_country().names_in(content.encode()) == {"country"}


@pytest.mark.parametrize("content", ["aXQb", "XQ,", "the XQ"])
def test_two_letters_are_not_found_in_a_longer_value(content: str) -> None:
    assert with_country().names_in(content.encode()) == frozenset()


def with_country() -> CanarySet:
    canaries = CanarySet()
    canaries.add("country", "XQ", CanaryForm.QUOTED)
    return canaries


def test_reported_place_shows_names_instead_of_values() -> None:
    canaries = CanarySet()
    canaries.add("address", "mila@inbox.example")
    canaries.add("domain", "inbox.example")
    assert canaries.redacted("0 to Mila@inbox.example, inbox.example") == "0 to <address>, <domain>"


@pytest.mark.promise("RGT-3")
@pytest.mark.parametrize(
    "left",
    [
        Sighting(Where.TABLE, "accounts A#<account id> account", "account id"),
        Sighting(Where.TABLE, "keys A#<account id>", "account id"),
        Sighting(Where.TABLE, "challenges erasure#<erasure request>", "erasure request"),
        Sighting(Where.TABLE, "rights A#<account id> open#access", "erasure request"),
        Sighting(Where.TABLE, "ledger consent#<pseudonym> 000000000001", "account id"),
        Sighting(Where.TABLE, "ledger rights#<erasure request> 000000000001", "pseudonym"),
        Sighting(Where.SEALED, "rights R#<erasure request> request", "name"),
        Sighting(Where.SEALED, "accounts A#<account id> profile", "name"),
        Sighting(Where.SEALED, "billing A#<account id> invoice#<invoice number>", "provider reference"),
        Sighting(Where.TABLE, "billing A#<account id> invoice#<invoice number>", "invoice number"),
        Sighting(Where.TABLE, "held K#<held id> invoice#kr_1", "invoice number"),
        Sighting(Where.TABLE, "held K#<held id> profile#kr_1", "account id"),
        Sighting(Where.SEALED, "held K#<held id> invoice#kr_1", "name"),
        Sighting(Where.SEALED, "held K#k_1 profile#kr_1", "name"),
        Sighting(Where.TABLE, "ledger invoice#<invoice> 000000000001", "invoice number"),
        Sighting(Where.TABLE, "ledger hold#<hold> 000000000001", "law"),
        Sighting(Where.TABLE, "ledger staff#st_1 000000000001", "account id"),
        Sighting(Where.TABLE, "rights A#<account id> hold#<hold>", "law"),
        Sighting(Where.TABLE, "rights A#<account id> disclosure#<disclosure>", "recipient"),
        Sighting(Where.SEALED, "rights R#<erasure request> request", "authority"),
        Sighting(Where.BUCKET, "exports exports/<access request>.zip", "access request"),
        Sighting(Where.CHANGES, "accounts", "number"),
        Sighting(Where.QUEUE, "rights", "erasure request"),
        Sighting(Where.LOG, "signup", "user id"),
        Sighting(Where.STREAM_USER, "<user id>", "display name"),
        Sighting(Where.STREAM_MESSAGE, "by <user id>", "message"),
        Sighting(Where.STREAM_FILE, "of <user id>", "file content"),
    ],
    ids=lambda one: f"{one.where}: {one.canary}",
)
def test_no_word_of_the_certificate_covers_what_must_be_gone(left: Sighting) -> None:
    assert statements([left]) == {left: frozenset()}


def test_each_word_of_a_certificate_can_be_found_or_has_a_reason() -> None:
    assert {rule.stated for rule in MAY_REMAIN} == {*Remaining, *InBackups, *HeldKind} - {
        *NEVER_FOUND,
        Remaining.SUPPRESSION_HASH,  # an earlier wording of OBJECTION_HASHES, which no code wrote
    }
