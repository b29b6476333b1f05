"""Tests the package that answers access or portability, read as another program would."""

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import jsonschema_rs
import pytest
from botocore.exceptions import ReadTimeoutError

from chalicelib.core import aws, table
from chalicelib.core.errors import Unavailable
from chalicelib.core.settings import settings
from chalicelib.core.table import Key, Table
from chalicelib.privacy.personal import Record
from chalicelib.privacy.recipients import Recipient
from chalicelib.rights.copy import schema
from chalicelib.rights.copy.contents import Chat
from chalicelib.rights.copy.manifest import LeftOut, MissingFromCopy
from chalicelib.rights.copy.model import CopyKind
from chalicelib.rights.copy.selection import selection
from chalicelib.stream.export.parts import Conversation, StreamMessage
from infra import export_schema
from tests.support.cases.copies import Package, a_copy, damage, downloaded, stored
from tests.support.clouds.cloud import counted, failing, new_container
from tests.support.world.builders import a_fault, an_address, an_event
from tests.support.world.world import User, World, a_world

DAY = timedelta(days=1)
MESSAGES = tuple(
    StreamMessage(conversation=Conversation(type="messaging"), text=text).model_dump_json(exclude_none=True)
    + "\n"
    for text in ("Zdravo", "<b>Ćao</b>")
)


def a_busy_user(world: World) -> User:
    """Return a user with a record of every kind that a user can have."""
    mila = world.a_user()
    events = [*(an_event(duration_ms=number) for number in range(3)), a_fault()]
    done = [
        mila.has_email(an_address()),
        mila.has_email(an_address()),  # one that is replaced leaves evidence
        mila.changes(name="=cmd|' /C calc'!A0", employer='Ćosić, "sinovi"', country="RS"),
        mila.consents("analytics"),
        mila.consents("marketing"),
        mila.withdraws("marketing"),
        mila.submits_usage(*events, model="SM-G991B"),
        mila.gets_invoiced(),
    ]
    assert [reply.problem for reply in done if reply.problem] == []
    return mila


@pytest.fixture
def mila(world: World) -> User:
    return a_busy_user(world)


@dataclass(frozen=True)
class Seen:
    """Copies of one user, the records stored at their time, and values of other users."""

    copies: dict[CopyKind, Package]
    stored: dict[str, list[Record]]
    others: list[str]

    @property
    def access(self) -> Package:
        return self.copies[CopyKind.ACCESS]

    @property
    def portability(self) -> Package:
        return self.copies[CopyKind.PORTABILITY]

    def one(self, kind: str) -> Any:
        """Return the only record of a kind."""
        (record,) = self.stored[kind]
        return record


@pytest.fixture(scope="module")
def seen() -> Seen:
    """Return copies that are made once, for tests that only read."""
    with a_world() as world:
        mila, vuk = a_busy_user(world), world.a_user()
        vuk.changes(name="Vuk, of whom nothing is Mila's")
        chat = Chat(lambda: MESSAGES, {"message": 2})
        copies = {copy: a_copy(mila, copy, chat) for copy in CopyKind}
        return Seen(copies, stored(mila), [vuk.account_id, vuk.user_id, vuk.phone, vuk.profile()["name"]])


def errors(package: Package) -> list[tuple[str, str, int]]:
    return [(error["what"], error["reason"], error["count"]) for error in package.manifest["errors"]]


def shown(package: Package, kind: str) -> str:
    """Return the section of a kind on the page."""
    (found,) = re.findall(rf"<section[^>]*kind-{kind}\".*?</section>", package.text("index.html"), re.DOTALL)
    return str(found)


def everything(package: Package) -> str:
    return "\n".join(package.text(name) for name in package.names)


# --- content


@pytest.mark.promise("RGT-1")
def test_importer_restores_the_stored_records_from_the_json(seen: Seen) -> None:
    assert seen.stored.keys() >= {"account", "profile", "session", "purposes", "claim", "usage_event"}
    for kind, records in seen.stored.items():
        withheld = {field["name"] for field in seen.access.kind(kind)["withheld"]}
        back = [
            type(record).model_validate(disclosed | record.model_dump(include=withheld))
            for disclosed, record in zip(seen.access.records(kind), records, strict=True)
        ]
        assert back == records


@pytest.mark.promise("RGT-1", "RGT-8")
@pytest.mark.parametrize("copy", CopyKind)
def test_importer_restores_the_same_records_from_the_csv_files(copy: CopyKind, seen: Seen) -> None:
    package = seen.copies[copy]
    with_records = [kind for kind, section in package.data["sections"].items() if section["records"]]
    assert [name for name in package.names if name.startswith("csv/")] == [
        f"csv/{kind}.csv" for kind in with_records
    ]
    for kind in with_records:
        assert package.from_csv(kind) == package.records(kind)


@pytest.mark.promise("RGT-8")
@pytest.mark.parametrize("copy", CopyKind)
def test_package_matches_its_schema(copy: CopyKind, seen: Seen) -> None:
    package = seen.copies[copy]
    assert is_valid(package, "", package.data)
    assert is_valid(package, "#/$defs/Manifest", package.manifest)
    lines = [json.loads(line) for line in package.text("chat/messages.ndjson").splitlines()]
    assert [is_valid(package, "#/$defs/ChatLine", line) for line in lines] == [True, True]


@pytest.mark.promise("RGT-8")
def test_schema_refuses_unknown_missing_and_malformed_fields(seen: Seen) -> None:
    package = seen.access
    strange: dict[str, Any] = json.loads(package.text("data.json"))
    strange["sections"]["profile"]["records"][0]["shoe_size"] = 43
    assert not is_valid(package, "", strange)
    assert not is_valid(package, "", {name: part for name, part in package.data.items() if name != "chat"})
    assert not is_valid(package, "#/$defs/Manifest", package.manifest | {"files": None})
    assert not is_valid(package, "#/$defs/ChatLine", {"kind": "message", "reported_by": "vuk"})


def is_valid(package: Package, part: str, document: Any) -> bool:
    """Return whether a part of the package's schema accepts a document (independent validator)."""
    whole = {"$ref": package.schema["$id"] + part, "$schema": package.schema["$schema"]}
    registry = jsonschema_rs.Registry([(package.schema["$id"], package.schema)])
    validator = jsonschema_rs.validator_for(whole, registry=registry, validate_formats=True)
    return bool(validator.is_valid(document))


@pytest.mark.promise("RGT-8")
def test_committed_schema_equals_the_generated_one(seen: Seen) -> None:
    assert export_schema.PLACE.read_text() == schema.text(), "run `make generate`"
    assert seen.access.text("data.schema.json") == schema.text()


@pytest.mark.promise("RGT-1")
def test_manifest_is_the_last_file_and_lists_every_other(seen: Seen) -> None:
    package = seen.access
    *others, last = package.names
    assert last == "manifest.json"
    assert {"index.html", "data.json", "data.schema.json", "chat/messages.ndjson"} <= set(others)
    assert [(f["path"], f["size"], f["sha256"]) for f in package.manifest["files"]] == [
        (name, len(content), hashlib.sha256(content).hexdigest())
        for name in others
        for content in [package.zip.read(name)]
    ]
    assert package.assembled.sha256 == hashlib.sha256(package.content).hexdigest()
    assert package.assembled.size == len(package.content)
    assert package.assembled.counts["usage_event"] == 3


@pytest.mark.promise("RGT-1", "RGT-9")
def test_manifest_states_purpose_basis_period_source_and_recipients(seen: Seen) -> None:
    manifest = seen.access.manifest
    (profile,) = (kind for kind in manifest["kinds"] if kind["kind"] == "profile")
    fields = {field["name"]: field for field in profile["fields"]}
    assert (profile["basis"], profile["kept"]) == ("Art. 6(1)(b)", "until the account is deleted")
    assert fields["display_name"]["category"] == "user.name"
    assert fields["display_name"]["source"] == "provided by the subject"
    assert fields["display_name"]["recipients"] == ["AWS", "STREAM"]
    assert fields["job_title"]["recipients"] == []  # there is no job title, so no recipient
    assert manifest["recipients"]["STREAM"]["mechanism"].startswith("standard contractual clauses")
    assert manifest["controller"]["contact"] == settings().contact_email
    assert manifest["authorities"][0]["url"] == "https://www.poverenik.rs"
    assert manifest["errors"] == []


@pytest.mark.promise("RGT-1")
def test_evidence_of_decisions_is_included_and_names_no_pseudonym(seen: Seen) -> None:
    entries = seen.access.records("evidence")
    purposes = [entry["data"]["events"][0]["purpose"] for entry in entries if entry["chain"] == "consent"]
    assert purposes == ["analytics", "marketing", "marketing"]
    assert {entry["chain"] for entry in entries} == {"consent", "changed_mailbox"}
    assert seen.one("account").pseudonym not in seen.access.text("csv/evidence.csv")


@pytest.mark.promise("RGT-1")
def test_page_shows_the_records_and_the_contents_of_the_package(seen: Seen) -> None:
    page = seen.access.text("index.html")
    assert "Ćosić, &#34;sinovi&#34;" in page
    assert "2026-11-24 13:00:00 CET" in page
    assert "csv/usage_event.csv" in page
    assert "3 records" in page


@pytest.mark.promise("RGT-1")
def test_page_shows_the_person_first_and_folds_what_has_no_records(seen: Seen) -> None:
    html = seen.access.text("index.html")
    kinds = re.findall('id="kind-([a-z_]+)"', html)
    assert kinds[:6] == ["profile", "chat_message", "session", "known_device", "purposes", "invoice"]
    copied, apart = html.split('id="apart"')
    assert "kind-account" in copied
    assert "kind-challenge" in apart
    assert "contact_code" not in kinds
    assert "Your contact code" in html.partition("<details")[2].partition("</details>")[0]


@pytest.mark.promise("RGT-1")
def test_page_never_says_that_there_is_no_hold_since_one_may_be_secret(seen: Seen) -> None:
    assert 'id="kind-hold"' in seen.access.text("index.html")
    assert "no records in this copy" in shown(seen.access, "hold")


@pytest.mark.promise("SEC-1")
def test_credential_is_in_no_file_and_listed_as_withheld(seen: Seen) -> None:
    assert seen.one("session").nonce not in everything(seen.access)
    (withheld,) = seen.access.kind("session")["withheld"]
    assert withheld == {"name": "nonce", "why": "refresh tokens are made from it"}


@pytest.mark.promise("RGT-1")
def test_package_contains_no_data_of_another_user(seen: Seen) -> None:
    assert [value for value in seen.others if value in everything(seen.access)] == []


@pytest.mark.promise("RGT-1", "SEC-2")
def test_recipients_of_codes_are_named_although_no_code_is_included(seen: Seen) -> None:
    codes = seen.access.kind("challenge")
    assert codes["recipients"] == ["AWS", "SMS_CARRIERS", "MAIL_PROVIDERS"]
    assert set(codes["recipients"]) <= set(seen.access.manifest["recipients"])
    section = shown(seen.access, "challenge")
    assert "Mobile carriers" in section
    assert "no recipient" not in section


@pytest.mark.promise("RGT-1", "STR-2")
def test_data_collected_by_stream_itself_is_listed_as_held_there(seen: Seen) -> None:
    held_there = {field["name"]: field["why"] for field in seen.access.manifest["chat"]["withheld"]}
    for name in ("IP address", "device"):
        assert held_there[name].startswith("Stream collects and stores this when you connect")
    assert "IP address" in seen.access.text("index.html")


@pytest.mark.promise("RGT-1")
def test_manifest_states_whether_decisions_are_automated(seen: Seen) -> None:
    assert seen.access.manifest["automated_decisions"].startswith("Programs alone decide this: ")
    assert "automated_decisions" not in seen.portability.manifest


# --- time of the data


@pytest.mark.promise("RGT-1", "RET-2")
def test_records_at_the_time_of_the_request_are_included_even_if_they_ended(world: World, mila: User) -> None:
    world.advance(20 * DAY)
    asked_at = world.now
    world.advance(20 * DAY)
    assert len(a_copy(mila, received_at=asked_at).records("usage_event")) == 3
    assert a_copy(mila).records("usage_event") == []


def usage_of(user: User) -> list[table.Item]:
    """Return the items of events of a user."""
    found = table.query(table.Query(Table.USAGE, f"A#{user.account_id}"))
    return [item for item in found if "rows" in item]


@pytest.mark.promise("RGT-1")
def test_event_sent_in_two_batches_is_in_the_copy_once(world: World) -> None:
    mila = world.a_user()
    mila.consents("analytics")
    events = [an_event(duration_ms=number) for number in range(5)]
    mila.submits_usage(*events[:3])
    mila.submits_usage(an_event(duration_ms=99), *events)
    assert len(usage_of(mila)) == 2
    package = a_copy(mila)
    assert sorted(event["duration_ms"] for event in package.records("usage_event")) == [0, 1, 2, 3, 4, 99]
    assert package.kind("usage_event")["records"] == package.assembled.counts["usage_event"] == 6
    assert len(package.from_csv("usage_event")) == 6


# --- unreadable data


@pytest.mark.promise("RGT-1")
def test_unreadable_record_is_disclosed_and_does_not_affect_others(mila: User) -> None:
    pk = f"A#{mila.account_id}"
    damage(Table.ACCOUNTS, pk, "purposes", sealed=b"\x01\x00\x01" + b"x" * 40)
    damage(Table.ACCOUNTS, pk, f"session#{mila.session['session_id']}", sealed=None)
    damage(Table.ACCOUNTS, pk, "acceptance#terms-2024-05-08", kind="stars")
    package = a_copy(mila)
    assert errors(package) == [
        ("purposes", "seal_broken", 1),
        ("session", "seal_broken", 1),
        ("unknown", "unknown_kind", 1),
        ("usage_event", "consent_unknown", 3),
    ]
    assert package.records("profile")
    assert len(package.records("diagnostics_event")) == 1
    assert package.assembled.missing[0].what == "purposes"


@pytest.mark.promise("RGT-1")
def test_many_unreadable_records_are_disclosed_once_with_their_number(mila: User) -> None:
    (used, failed) = sorted(usage_of(mila), key=lambda item: str(item["kind"]), reverse=True)
    damage(Table.USAGE, used["pk"], used["sk"], rows='[{"at": 1}, {}, {"name": "opened"}]')
    damage(Table.USAGE, failed["pk"], failed["sk"], rows="[")
    package = a_copy(mila)
    assert errors(package) == [("diagnostics_event", "unfit", 1), ("usage_event", "unfit", 3)]
    words = "3 records could not be included: the stored data is in a format that can no longer be read."
    assert words in package.text("index.html")


@pytest.mark.promise("RGT-1")
def test_error_in_the_manifest_names_neither_the_key_nor_the_content(mila: User) -> None:
    (item, *_) = usage_of(mila)
    damage(Table.USAGE, item["pk"], item["sk"], rows="[")
    package = a_copy(mila)
    disclosed = json.dumps(package.manifest["errors"])
    assert item["sk"] not in disclosed
    assert item["pk"] not in disclosed


@pytest.mark.promise("RGT-1")
def test_data_that_is_not_sealed_is_included_without_the_subjects_key(mila: User) -> None:
    aws.client("dynamodb").delete_item(
        TableName=settings().table(Table.KEYS), Key={"pk": {"S": f"A#{mila.account_id}"}}
    )
    package = a_copy(mila)
    assert ("account", "key_gone", 1) in errors(package)
    assert ("claim", "no_lead", 1) in errors(package)
    assert ("evidence", "no_lead", 1) in errors(package)
    assert ("usage_event", "consent_unknown", 3) in errors(package)
    assert package.data["subject"] == mila.user_id
    assert len(package.records("diagnostics_event")) == 1


def test_claim_of_an_unreadable_email_address_is_disclosed_as_missing(mila: User) -> None:
    damage(Table.ACCOUNTS, f"A#{mila.account_id}", "profile", sealed=None)
    package = a_copy(mila)
    assert errors(package) == [("claim", "no_lead", 1), ("profile", "seal_broken", 1)]
    assert len(package.records("claim")) == 2


@pytest.mark.promise("RGT-1")
def test_altered_entry_of_the_ledger_is_disclosed_and_the_others_are_included(mila: User) -> None:
    package = a_copy(mila)
    (account,) = package.records("account")
    damage(Table.LEDGER, f"consent#{account['pseudonym']}", f"{2:012d}", event="invented")
    package = a_copy(mila)
    assert errors(package) == [("evidence", "altered", 1)]
    consents = [entry for entry in package.records("evidence") if entry["chain"] == "consent"]
    assert [entry["seq"] for entry in consents] == [1, 3]


def test_copy_of_a_deleted_account_has_no_subject(world: World, mila: User) -> None:
    for name in (Table.ACCOUNTS, Table.USAGE):
        for item in list(table.query(table.Query(name, f"A#{mila.account_id}"))):
            table.write(table.Delete(Key(name, item["pk"], item["sk"])))
    package = a_copy(mila)
    assert "subject" not in package.data
    assert errors(package) == []
    assert is_valid(package, "", package.data)


# --- failures half-way


@pytest.mark.promise("RGT-1")
@pytest.mark.parametrize(
    ("service", "operation"),
    [("dynamodb", "Query"), ("dynamodb", "BatchGetItem"), ("kms", "Decrypt")],
)
def test_copy_fails_and_is_not_partial_if_a_service_is_unavailable(
    service: str, operation: str, mila: User
) -> None:
    a_copy(mila)
    before = downloaded()
    new_container()
    silence = ReadTimeoutError(endpoint_url=f"https://{service}")
    with failing(service, operation, silence), counted() as calls, pytest.raises(Unavailable):
        a_copy(mila)
    assert calls.of("s3") == 0
    assert downloaded() == before


@pytest.mark.promise("SEC-1")
def test_making_a_copy_logs_no_data_of_it(world: World, mila: User) -> None:
    damage(Table.ACCOUNTS, f"A#{mila.account_id}", "purposes", sealed=None)
    before = world.log.getvalue()
    a_copy(mila)
    assert world.log.getvalue() == before


# --- the chat


@pytest.mark.promise("STR-6")
def test_data_held_by_stream_is_in_a_file_of_its_own_one_line_per_message(mila: User) -> None:
    left_out = LeftOut(what="reactions of others", reason="others", text="about other people", count=4)
    package = a_copy(mila, chat=Chat(lambda: MESSAGES, {"message": 2}, left_out=(left_out,)))
    assert package.text("chat/messages.ndjson") == "".join(MESSAGES)
    assert package.data["chat"]["records"] == {"message": 2}
    assert package.manifest["chat"]["left_out"] == [left_out.model_dump()]
    assert "STREAM" in package.manifest["recipients"]
    assert "Zdravo" in package.text("index.html")
    assert "Reactions of others (4)" in package.text("index.html")


@pytest.mark.promise("STR-6")
def test_data_not_delivered_by_stream_is_disclosed_as_missing(mila: User) -> None:
    lost = MissingFromCopy(what="chat_message", reason="failed", text="Stream could not make the export")
    package = a_copy(mila, chat=Chat(missing=(lost,)))
    assert errors(package) == [("chat_message", "failed", 1)]
    assert package.data["chat"]["missing"] == [lost.model_dump()]
    assert "chat/messages.ndjson" not in package.names
    assert "Stream could not make the export" in package.text("index.html")


@pytest.mark.promise("STR-6")
@pytest.mark.parametrize(("reason", "named"), [("failed", True), ("not_there", False)])
def test_stream_is_named_for_missing_data_unless_it_holds_none(
    mila: User, reason: str, *, named: bool
) -> None:
    lost = MissingFromCopy(what="chat_message", reason=reason, text="there is none")
    package = a_copy(mila, chat=Chat(missing=(lost,)))
    assert (Recipient.STREAM.label in shown(package, "chat_message")) == named


# --- portable copies


@pytest.mark.promise("RGT-8")
def test_portable_copy_has_data_provided_or_observed_on_consent_or_contract(seen: Seen) -> None:
    package = seen.portability
    assert list(package.data["sections"]) == [
        "account", "block_list", "contact", "invitation", "missed_call", "notification_choices", "profile",
        "push_devices", "session", "support_message", "usage_event",
    ]  # fmt: skip
    assert package.records("account") == [{"phone": seen.one("account").phone}]
    assert set(package.records("usage_event")[0]) == {"name", "duration_ms", "platform", "at"}
    assert package.manifest["kinds_left_out"] == list(selection(CopyKind.PORTABILITY).left_out)
    assert {field["name"] for field in package.kind("account")["left_out"]} >= {
        "pseudonym",
        "account_id",
        "state",
    }


@pytest.mark.promise("RGT-8")
def test_portable_copy_has_no_generated_data_and_names_no_recipient(seen: Seen) -> None:
    package, account = seen.portability, seen.one("account")
    assert [v for v in (account.account_id, account.pseudonym) if v in everything(package)] == []
    assert package.manifest["recipients"] == {}
    assert "Amazon" not in everything(package)


@pytest.mark.promise("RGT-8")
def test_portable_copy_reads_only_what_it_needs(mila: User) -> None:
    with counted() as calls:
        a_copy(mila, CopyKind.PORTABILITY)
    assert calls.tables == {"BatchGetItem": 1, "Query": 2}
