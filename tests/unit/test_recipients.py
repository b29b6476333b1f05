"""The register of recipients, and the egress module that enforces it."""

import ast
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from enum import Enum
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from chalicelib.core import egress
from chalicelib.core.egress import NotOnRegister, Registered
from chalicelib.privacy import register, reviews
from chalicelib.privacy.measures import MEASURES
from chalicelib.privacy.purposes import Category, LegalBasis, Purpose
from chalicelib.privacy.recipients import Certificate, Mechanism, Recipient, Role
from chalicelib.privacy.register import WITHOUT_RECORD
from chalicelib.privacy.reviews import Review
from chalicelib.rights.objection.intake import OBJECTIONABLE

CODE = Path(__file__).parents[2] / "chalicelib"


class Lookalike(Enum):
    STREAM = Recipient.STREAM.entry


def opened(to: Any, purpose: str, *categories: str) -> str:
    return egress.client(to, purpose, categories, lambda: "a client")


@pytest.mark.promise("SEC-2")
def test_disclosure_of_registered_data_is_permitted() -> None:
    assert opened(Recipient.STREAM, Purpose.SERVICE, Category.NAME, Category.SELF_IMAGE) == "a client"


@pytest.mark.promise("SEC-2")
@pytest.mark.parametrize("stranger", ["STREAM", None, Lookalike.STREAM])
def test_disclosure_to_an_unregistered_recipient_is_refused(stranger: object) -> None:
    with pytest.raises(NotOnRegister):
        opened(stranger, Purpose.SERVICE, Category.NAME)


@pytest.mark.promise("NOT-6")
@pytest.mark.parametrize("purpose", sorted(set(Purpose) - {Purpose.SERVICE, Purpose.LEGAL_OBLIGATION}))
def test_purpose_outside_the_register_is_refused(purpose: Purpose) -> None:
    with pytest.raises(NotOnRegister):
        opened(Recipient.STREAM, purpose, Category.NAME)


@pytest.mark.promise("NOT-6")
@pytest.mark.parametrize("recipient", list(Recipient))
def test_each_recipient_gets_data_for_its_registered_purposes_only(recipient: Recipient) -> None:
    assert recipient.entry.purposes
    for purpose in Purpose:
        if purpose in recipient.entry.purposes:
            assert opened(recipient, purpose) == "a client"
        else:
            with pytest.raises(NotOnRegister):
                opened(recipient, purpose)


@pytest.mark.promise("NOT-6")
@pytest.mark.parametrize("recipient", list(Recipient))
def test_register_states_what_binds_each_recipient_to_confidentiality(recipient: Recipient) -> None:
    assert recipient.entry.confidentiality
    if recipient.entry.role is Role.PROCESSOR:
        assert "instructions only" in recipient.entry.role.value
        assert recipient.entry.agreement
        assert "agreement" in recipient.entry.confidentiality


@pytest.mark.promise("STR-13")
def test_register_names_the_basis_of_each_part_of_streams_processing() -> None:
    parts = Recipient.STREAM.entry.parts
    bases = {part.purpose: part.basis for part in parts}
    assert bases == {
        Purpose.SERVICE: LegalBasis.CONTRACT,
        Purpose.LEGAL_OBLIGATION: LegalBasis.LEGAL_OBLIGATION,
        Purpose.SECURITY: LegalBasis.LEGITIMATE_INTERESTS,
        None: LegalBasis.CONSENT,
    }
    assert [part.what for part in parts if part.purpose is None] == [
        "recordings of video meetings; none are made so far"
    ]


@pytest.mark.promise("STR-13")
def test_objection_reaches_the_part_of_stream_that_rests_on_legitimate_interests() -> None:
    reached = {
        part.purpose for part in Recipient.STREAM.entry.parts if part.basis is LegalBasis.LEGITIMATE_INTERESTS
    }
    assert reached == {Purpose.SECURITY}
    assert reached <= set(OBJECTIONABLE)
    (row,) = (one for one in WITHOUT_RECORD if one.kind == "chat_protection")
    assert (row.purpose, row.basis) == (Purpose.SECURITY, LegalBasis.LEGITIMATE_INTERESTS)


@pytest.mark.promise("STR-13")
@pytest.mark.parametrize("recipient", list(Recipient))
def test_each_part_has_the_basis_of_its_purpose(recipient: Recipient) -> None:
    for part in recipient.entry.parts:
        assert part.purpose is None or part.basis is part.purpose.basis


@pytest.mark.promise("STR-2")
@pytest.mark.parametrize(
    "category",
    sorted(
        set(Category)
        # The last ones are the name of a group, and whether a user hides when they are online.
        - {Category.PSEUDONYM, Category.NAME, Category.SELF_IMAGE, Category.CONTACTS}
        - {Category.CONTENT_PRIVATE, Category.ACCOUNT_SETTINGS}
    ),
)
def test_unregistered_category_cannot_be_sent_to_stream(category: Category) -> None:
    with pytest.raises(NotOnRegister):
        opened(Recipient.STREAM, Purpose.SERVICE, Category.NAME, category)


@pytest.mark.promise("SEC-2")
def test_no_client_is_made_for_a_refused_disclosure() -> None:
    with pytest.raises(NotOnRegister):
        egress.client(Recipient.SMS_CARRIERS, Purpose.MARKETING, (), lambda: pytest.fail("made"))


@pytest.mark.promise("SEC-2")
def test_register_is_the_only_list_of_recipients() -> None:
    assert Registered.__subclasses__() == [Recipient]


EU, US = "EU", "EU; the company, which has access to the data, is in the United States"
PORTABLE = {
    Category.ACCOUNT_SETTINGS, Category.BEHAVIOR, Category.CONTACTS, Category.CONTENT_PRIVATE,
    Category.COUNTRY, Category.DATE_OF_BIRTH, Category.DEVICE, Category.DEVICE_ID, Category.EMAIL,
    Category.JOB_TITLE, Category.LANGUAGE, Category.NAME, Category.PHONE_NUMBER, Category.SELF_IMAGE,
    Category.USERNAME, Category.WORKPLACE,
}  # fmt: skip
# Of each recipient: place, role, mechanism, categories and purposes. A change of the register is one of this
# table, after the privacy officer agreed to it.
RECIPIENTS: dict[str, tuple[str, str, str, set[Category], set[Purpose]]] = {
    "AWS": (EU, "PROCESSOR", "NO_TRANSFER", set(Category), set(Purpose)),
    "STREAM": (
        US,
        "PROCESSOR",
        "SCCS",
        {
            Category.PSEUDONYM,
            Category.NAME,
            Category.SELF_IMAGE,
            Category.CONTACTS,
            Category.CONTENT_PRIVATE,
            Category.ACCOUNT_SETTINGS,
        },
        {Purpose.SERVICE, Purpose.LEGAL_OBLIGATION},
    ),
    "SMS_CARRIERS": (
        "the country of the user's number",
        "CONTROLLER",
        "FOR_THE_CONTRACT",
        {Category.PHONE_NUMBER},
        {Purpose.AUTHENTICATION, Purpose.LEGAL_OBLIGATION},
    ),
    "MAIL_PROVIDERS": (
        "where the user's mailbox is",
        "CONTROLLER",
        "FOR_THE_CONTRACT",
        {Category.EMAIL, Category.COUNTRY, Category.CONTENT_PRIVATE},
        {
            Purpose.SERVICE,
            Purpose.AUTHENTICATION,
            Purpose.NOTIFICATIONS,
            Purpose.LEGAL_OBLIGATION,
            Purpose.MARKETING,
        },
    ),
    "APPLE": (
        "the United States",
        "CONTROLLER",
        "FOR_THE_CONTRACT",
        {Category.DEVICE_ID, Category.LANGUAGE},
        {Purpose.NOTIFICATIONS, Purpose.SECURITY, Purpose.LEGAL_OBLIGATION},
    ),
    "GOOGLE": (
        "Ireland; the group, which delivers the notifications, is in the United States",
        "CONTROLLER",
        "FOR_THE_CONTRACT",
        {Category.DEVICE_ID, Category.LANGUAGE},
        {Purpose.NOTIFICATIONS, Purpose.SECURITY, Purpose.LEGAL_OBLIGATION},
    ),
    "NAMED_CONTROLLER": (
        "the place that the user chose",
        "CONTROLLER",
        "SUBJECT_DIRECTS_IT",
        PORTABLE,
        {Purpose.LEGAL_OBLIGATION},
    ),
    "BELGRADE_OFFICE": (
        "Serbia",
        "OURSELVES",
        "OWN_STAFF",
        set(Category) - {Category.CREDENTIALS},
        {Purpose.SERVICE, Purpose.SECURITY, Purpose.LEGAL_OBLIGATION},
    ),
}
# What a recipient collects from the subject's device, not from us.
COLLECTED = {"STREAM": {Category.CONTENT_PRIVATE, Category.IP_ADDRESS, Category.DEVICE}}


@pytest.mark.promise("SEC-2", "NOT-6", "STR-7")
def test_register_has_these_recipients_and_no_other() -> None:
    assert [recipient.name for recipient in Recipient] == list(RECIPIENTS)


@pytest.mark.promise("SEC-2", "NOT-6", "STR-7")
@pytest.mark.parametrize("name", RECIPIENTS)
def test_recipient_gets_this_data_at_this_place_under_this_mechanism(name: str) -> None:
    entry = Recipient[name].entry
    place = (entry.country, entry.role.name, entry.mechanism.name)
    found = (*place, set(entry.categories), set(entry.purposes))
    assert found == RECIPIENTS[name]
    assert set(entry.collects) == COLLECTED.get(name, set())


@pytest.mark.promise("SEC-2")
@pytest.mark.parametrize("name", RECIPIENTS)
def test_egress_enforces_the_entry_of_each_recipient(name: str) -> None:
    recipient = Recipient[name]
    *_, categories, purposes = RECIPIENTS[name]
    assert (set(recipient.categories), set(recipient.purposes)) == (categories, purposes)
    for category, registered in product(set(Category) - categories, ((), categories)):
        with pytest.raises(NotOnRegister):
            opened(recipient, min(purposes), *registered, category)


def calls_that_reach_outside() -> Iterator[tuple[str, str]]:
    """Yield file and name of every call that makes an outside client without `core/egress`."""
    for path in CODE.rglob("*.py"):
        tree = ast.parse(path.read_text())
        behind_the_door = {
            id(part)
            for call in ast.walk(tree)
            if isinstance(call, ast.Call) and ast.unparse(call.func) in {"egress.client", "egress.aws_client"}
            for part in ast.walk(call)
        }
        for call in ast.walk(tree):
            if isinstance(call, ast.Call) and id(call) not in behind_the_door:
                words = {arg.value for arg in call.args if isinstance(arg, ast.Constant)}
                if words & {"sns", "sesv2", "ses", "pinpoint"}:
                    yield path.name, ast.unparse(call)


@pytest.mark.promise("SEC-2")
def test_text_messages_and_mail_are_sent_through_egress_only() -> None:
    assert list(calls_that_reach_outside()) == []


@pytest.mark.promise("SEC-2")
def test_only_listed_modules_import_network_libraries() -> None:
    """The gateway calls Stream's SDK through egress; only core/outbound opens connections."""
    own = {"requests", "urllib", "urllib3", "http", "httpx", "aiohttp", "socket", "ssl"}
    found = {
        (path.relative_to(CODE).as_posix(), name)
        for path in CODE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([a.name for a in node.names] if isinstance(node, ast.Import) else [node.module or ""])
        if name.split(".")[0] in own and name != "urllib.parse"
    }
    # The gateway imports requests for the names of its errors; downloads go through egress too.
    assert {(path, name) for path, name in found if not path.startswith("core/outbound/")} == {
        ("stream/gateway.py", "requests"),
        ("stream/export/download.py", "requests"),
        ("stream/files.py", "requests"),
    }


@pytest.mark.promise("STR-7")
@pytest.mark.parametrize("recipient", list(Recipient))
def test_recipient_outside_the_eu_has_a_mechanism(recipient: Recipient) -> None:
    if recipient.country != "EU":
        assert recipient.entry.mechanism is not Mechanism.NO_TRANSFER


@pytest.mark.promise("STR-7", "NOT-6")
@pytest.mark.parametrize("recipient", [r for r in Recipient if r.entry.role is Role.PROCESSOR])
def test_agreement_with_every_processor_is_on_the_list_of_reviews(recipient: Recipient) -> None:
    agreement = recipient.entry.agreement
    assert agreement
    assert Review(agreement.review_by, f"{recipient.label}: {agreement.name}") in reviews.declared()


@pytest.mark.promise("STR-7")
def test_certificate_is_on_the_list_of_reviews(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = Certificate("SOC 2", seen_on=date(2026, 11, 2), review_by=date(2027, 1, 1))
    monkeypatch.setattr(Recipient.AWS, "entry", replace(Recipient.AWS.entry, certificates=(seen,)))
    assert reviews.declared()[0] == Review(date(2027, 1, 1), "Amazon Web Services EMEA SARL: SOC 2")


@pytest.mark.promise("SEC-3")
def test_every_measure_is_on_the_list_of_reviews() -> None:
    assert {measure.words for measure in MEASURES} < {review.what for review in reviews.declared()}


@pytest.mark.promise("SEC-3", "STR-7")
@pytest.mark.parametrize(("days_before", "due"), [(31, False), (30, True), (0, True), (-1, True)])
def test_review_is_due_from_30_days_before_its_day_on(days_before: int, *, due: bool) -> None:
    first = reviews.declared()[0]
    assert (first in reviews.due(first.by - timedelta(days=days_before))) is due


@pytest.mark.promise("STR-6")
@pytest.mark.parametrize("recipient", list(Recipient))
def test_recipient_that_decides_itself_has_a_contact_for_rights(recipient: Recipient) -> None:
    contact = recipient.entry.rights_contact
    decides = recipient.entry.role is Role.CONTROLLER
    assert bool(contact) is (decides or recipient is Recipient.STREAM)
    assert (contact.where != "") is decides if contact else True


@pytest.mark.promise("SEC-2")
def test_every_disclosed_field_is_registered_for_its_recipient() -> None:
    leaving = {
        (record.declaration.kind, name, recipient.name)
        for record in register.records()
        for name, marker in record.declaration.personal().items()
        for recipient in marker.to
    }
    assert {(k, n) for k, n, r in leaving if r == "STREAM"} == {
        ("profile", "display_name"),
        ("profile", "online_visible"),
        ("block_list", "blocks"),
    }
    assert {(k, n) for k, n, r in leaving if r == "SMS_CARRIERS"} == {
        ("account", "phone"),
        ("challenge", "phone"),
        ("erasure_inputs", "phone"),
        ("number_objection", "phone"),
        ("rights_request", "contact_phone"),
    }
    assert {(k, n) for k, n, r in leaving if r == "MAIL_PROVIDERS"} == {
        ("profile", "email"),
        ("challenge", "email"),
        ("erasure_inputs", "email"),
        ("rights_request", "contact_email"),
        ("rights_request", "country"),  # an answer names the authority there
        ("abuse_report", "mailbox"),
        ("support_message", "email"),
        ("support_message", "answer"),
        ("abuse_report", "rule"),
        *(("safety_decision", name) for name in ("rule", "measures", "days")),
    }
