"""A certificate states what was deleted and what stays, identifies no person, and has one form."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import pytest
from pydantic import BaseModel, ValidationError

from chalicelib.core import figures
from chalicelib.core.clock import ZONE
from chalicelib.core.ids import AccountId, Pseudonym, RightsRequestId, SessionId, UserId
from chalicelib.core.table_names import Table
from chalicelib.privacy import plans, register
from chalicelib.privacy.controller import CONTROLLER
from chalicelib.retention.backups.model import KnownBackups
from chalicelib.rights.erasure.certificates import model
from chalicelib.rights.erasure.certificates.model import (
    ALWAYS_REMAINING,
    REMAINDERS,
    Backups,
    CertifiedStreamDeletion,
    CertifyingController,
    DeletedRecords,
    ErasureCertificate,
    HeldRecords,
    NotACertificate,
    Reason,
    Remaining,
    Remains,
    StreamResult,
    known_kinds,
    task_id_of,
)
from chalicelib.rights.request.notes import DeletionPlace
from chalicelib.stream.model import StreamDataKind, StreamReport
from infra.template import load
from tests.support.cases import certificates
from tests.support.cases.certificates import BEGUN, DONE, TASK, a_certificate, deleted, parts

STORED = sorted(Path(__file__).parent.glob("certificate-v1*.json"))

NUMBER = "+381601234567"
CANARIES = {
    "number": NUMBER,
    "digits": NUMBER[1:],
    "number as a count": int(NUMBER[1:]),
    "national number": 601234567,
    "short number": 1234567,
    "name": "Mila Petrovic",
    "email": "mila@example.com",
    "user": str(UserId.new()),
    "account": str(AccountId.new()),
    "session": str(SessionId.new()),
    "device": "5B0F2A6E-7F7E-4A0C-9C59-0A4A8B1D2E77",
    "content": "See you at nine",
    "bytes": b"content",
    "fraction": 0.601234567,
    "day of birth": date(1991, 4, 17),
    "birth": datetime(1991, 4, 17, tzinfo=UTC),
    "far instant": datetime(6012, 3, 4, tzinfo=UTC),
    "microseconds": BEGUN.replace(microsecond=123456),
    "local instant": BEGUN.replace(tzinfo=None),
}

MODELS = (
    ErasureCertificate,
    DeletedRecords,
    CertifiedStreamDeletion,
    StreamResult,
    Remains,
    HeldRecords,
    Backups,
)


def places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield the path of each leaf of a JSON document."""
    if isinstance(value, dict | list):
        entries = value.items() if isinstance(value, dict) else enumerate(value)
        for name, inner in entries:
            yield from places(inner, (*path, name))
    else:
        yield path


def replaced(value: Any, path: tuple[str | int, ...], new: object) -> Any:
    if not path:
        return new
    copy = value.copy()
    copy[path[0]] = replaced(value[path[0]], path[1:], new)
    return copy


def leaf_types(annotation: Any) -> Iterator[str]:
    """Yield the names of the types of a field, without containers."""
    origin = get_origin(annotation)
    if origin is Literal:
        yield "words"
    elif origin is Annotated:
        yield NAMED[str(annotation)]
    elif origin in {tuple, Union, UnionType}:
        for inner in get_args(annotation):
            yield from leaf_types(inner) if inner is not Ellipsis else ()
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        assert annotation in MODELS
    elif isinstance(annotation, type) and issubclass(annotation, Enum):
        yield "words"
    elif annotation is not NoneType:
        yield annotation.__name__


NAMED = {
    str(model.RecordKind): "words",
    str(model.CertifiedInstant): "instant",
    str(model.Count): "count",
    str(model.StreamTaskId): "task",
}


# --- identifies no person


@pytest.mark.promise("RGT-3")
def test_each_field_is_of_words_counts_instants_or_the_three_ids() -> None:
    allowed = {"words", "instant", "count", "task", "RightsRequestId", "Pseudonym"}
    of_ids: dict[str, str] = {}
    for kind in MODELS:
        hints = get_type_hints(kind, include_extras=True)
        for name in kind.model_fields:
            found = {*leaf_types(hints[name])}
            assert found <= allowed, f"{kind.__name__}.{name}"
            of_ids |= {one: name for one in found if one not in {"words", "instant", "count"}}
    assert of_ids == {"RightsRequestId": "request", "Pseudonym": "consent_pseudonym", "task": "task_id"}


@pytest.mark.promise("RGT-3")
@pytest.mark.parametrize("canary", CANARIES.values(), ids=CANARIES)
def test_value_that_identifies_a_person_fits_into_no_field_of_a_document(canary: Any) -> None:
    document = json.loads(a_certificate(held=certificates.held_records()).document())
    shown = canary.isoformat() if isinstance(canary, date) else canary
    shown = shown.decode() if isinstance(shown, bytes) else shown
    for path in places(document):
        with pytest.raises(NotACertificate) as refused:
            ErasureCertificate.read(json.dumps(replaced(document, path, shown)).encode())
        assert str(shown) not in f"{refused.value!r} {refused.value.__cause__!r}"


@pytest.mark.promise("RGT-3")
@pytest.mark.parametrize("canary", CANARIES.values(), ids=CANARIES)
@pytest.mark.parametrize("kind", MODELS)
def test_value_that_identifies_a_person_fits_into_no_argument(kind: type[BaseModel], canary: Any) -> None:
    whole = a_certificate(held=certificates.held_records())
    examples = (
        whole, whole.deleted[0], whole.stream, whole.stream.results[0],
        whole.remains[0], whole.held[0], whole.backups,
    )  # fmt: skip
    (example,) = (one for one in examples if type(one) is kind)
    given = {name: getattr(example, name) for name in kind.model_fields}
    for name in given:
        with pytest.raises(ValidationError) as refused:
            kind(**given | {name: canary})
        assert str(canary) not in str(refused.value)


@pytest.mark.parametrize("canary", CANARIES.values(), ids=CANARIES)
def test_issuing_refuses_a_value_that_identifies_a_person(canary: Any) -> None:
    for name in parts():
        with pytest.raises(NotACertificate) as refused:
            ErasureCertificate.issue(**parts(**{name: canary}))
        assert str(canary) not in str(refused.value)


def test_refusal_names_the_field() -> None:
    with pytest.raises(NotACertificate, match="refused: requested_at"):
        a_certificate(requested_at="yesterday")


def test_field_of_an_unknown_name_is_refused_and_not_quoted() -> None:
    with pytest.raises(NotACertificate) as refused:
        ErasureCertificate.issue(**parts(mila_petrovic=1))
    assert "mila" not in str(refused.value)


@pytest.mark.promise("RGT-3")
@pytest.mark.parametrize("change", [{"request": NUMBER}, {"consent_pseudonym": "Mila"}, {"deleted": "Mila"}])
def test_change_without_validation_gets_into_no_document(change: dict[str, Any]) -> None:
    certificate = a_certificate()
    for odd in (
        certificate.model_copy(update=change),
        ErasureCertificate.model_construct(**{**dict(certificate), **change}),
    ):
        with pytest.raises(NotACertificate) as refused:
            odd.document()
        assert str(next(iter(change.values()))) not in str(refused.value)


@pytest.mark.parametrize("text", [NUMBER[1:], "u_01jdd4f3v0qk7m8x2c5t9w6zre", "Mila", TASK.upper(), "", None])
def test_task_whose_id_has_another_form_is_not_named(text: str | None) -> None:
    assert task_id_of(text) is None
    assert task_id_of(TASK) == TASK


# --- one form


def test_certificate_is_read_from_its_bytes_unchanged() -> None:
    certificate = a_certificate(held=certificates.held_records())
    document = certificate.document()
    assert ErasureCertificate.read(document) == certificate
    assert ErasureCertificate.read(document).document() == document
    assert (
        document
        == json.dumps(
            json.loads(document), sort_keys=True, separators=(",", ":"), ensure_ascii=False
        ).encode()
    )


def test_instant_of_another_offset_has_the_same_bytes() -> None:
    there = a_certificate(requested_at=certificates.REQUESTED.astimezone(ZONE))
    assert there.document() == a_certificate().document()


@pytest.mark.promise("RGT-3")
@pytest.mark.parametrize("file", STORED, ids=lambda file: file.stem)
def test_certificate_of_the_first_format_can_always_be_read(file: Path) -> None:
    """Never change a file: if this fails, a word or a kind was changed instead of added."""
    stored = file.read_bytes().rstrip(b"\n")
    assert ErasureCertificate.read(stored).document() == stored


def test_every_word_is_in_a_stored_certificate() -> None:
    """A new word needs a new file, `certificate-v1-<word>.json`."""
    found = [ErasureCertificate.read(file.read_bytes().rstrip(b"\n")) for file in STORED]
    assert {one.what for certificate in found for one in certificate.remains} == {*Remaining}
    assert {one.records for one in found[0].deleted} >= {"account", "usage_event", "claim"}


@pytest.mark.parametrize("document", [b"", b"null", b"[]", b'{"format":"other"}', b"\xff", b"[" * 100_000])
def test_bytes_of_no_certificate_are_refused(document: bytes) -> None:
    with pytest.raises(NotACertificate):
        ErasureCertificate.read(document)


# --- states what is so


def test_controller_is_the_one_that_the_service_names() -> None:
    named = f"{CONTROLLER.name}, {CONTROLLER.address}, {CONTROLLER.country}"
    assert named == CertifyingController.RU4M
    assert a_certificate().controller is CertifyingController.RU4M


def test_every_kind_of_the_register_and_every_table_has_a_word() -> None:
    plan = plans.erasure_plan(register.records())
    assert {kind for step in plan.steps for kind in step.kinds} <= known_kinds()
    assert not {"staff_member", "staff_audit"} & known_kinds()
    assert [DeletionPlace.of_table(table) for table in Table if table is not Table.LEDGER]
    with pytest.raises(KeyError):
        DeletionPlace.of_table(Table.LEDGER)


def test_result_of_stream_is_worded_as_its_report() -> None:
    ours = {StreamReport.KEPT, StreamReport.UNCONFIRMED}
    assert all(report.value.startswith("Stream reported") for report in {*StreamReport} - ours)


def test_stream_has_one_result_for_each_kind_of_data() -> None:
    one = StreamResult(data=StreamDataKind.USER, report=StreamReport.DELETED)
    for results in ((), (one,), (one,) * len(StreamDataKind)):
        with pytest.raises(ValidationError):
            certificates.stream(results=results)


def test_everything_that_may_remain_has_a_reason_and_an_end() -> None:
    assert REMAINDERS.keys() == {*Remaining}


@pytest.mark.parametrize("left_out", sorted(ALWAYS_REMAINING))
def test_certificate_without_something_that_always_remains_is_refused(left_out: Remaining) -> None:
    kept = tuple(one for one in certificates.remains() if one.what is not left_out)
    with pytest.raises(NotACertificate):
        a_certificate(remains=kept)


def test_end_is_given_exactly_where_it_is_an_instant() -> None:
    with pytest.raises(NotACertificate):
        Remains.of(Remaining.CONSENT_EVIDENCE)
    with pytest.raises(NotACertificate):
        Remains.of(Remaining.TOMBSTONE, DONE)


def test_entry_that_is_listed_twice_is_refused() -> None:
    given = parts()
    for twice in ("deleted", "remains"):
        with pytest.raises(NotACertificate):
            a_certificate(**{twice: (*given[twice], given[twice][0])})


@pytest.mark.parametrize(
    "change",
    [
        {"requested_at": BEGUN + timedelta(seconds=1)},
        {"begun_at": DONE},
        {"verified_at": DONE + timedelta(seconds=1)},
        {"key_deleted_at": DONE + timedelta(seconds=1)},
        {"key_deleted_at": BEGUN - timedelta(seconds=1)},
        {"completed_at": BEGUN},
    ],
)
def test_instants_out_of_order_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(NotACertificate):
        a_certificate(**change)


def test_part_that_is_missing_is_refused() -> None:
    for name in parts():
        with pytest.raises(NotACertificate):
            ErasureCertificate.issue(**{part: value for part, value in parts().items() if part != name})


@pytest.mark.promise("RGT-3")
def test_backups_are_unreadable_after_the_days_of_their_table() -> None:
    held = certificates.held_records()
    backups, given = a_certificate(held=held).backups, parts()
    (hashes,) = (one.until for one in given["remains"] if one.what is Remaining.CLAIM_HASHES)
    assert backups == Backups(
        sealed_fields_from=given["key_deleted_at"] + timedelta(days=7),
        clear_ids_from=given["key_deleted_at"] + timedelta(days=35),
        claim_hashes_from=hashes + timedelta(days=35),
        held_records_from=held[0].until + timedelta(days=35),
    )
    assert a_certificate().backups.held_records_from is None


@pytest.mark.promise("RGT-3")
def test_backups_count_from_the_last_deletion_and_the_last_end() -> None:
    def at(month: int, day: int) -> datetime:
        return datetime(2027, month, day, tzinfo=UTC)

    late = deleted("usage_event", DeletionPlace.USAGE, 1).model_copy(update={"last_at": at(3, 20)})
    hashes = Remains.of(Remaining.CLAIM_HASHES, at(2, 1))
    others = (one for one in certificates.remains(*Remaining) if one.what is not Remaining.CLAIM_HASHES)
    first, last = (
        HeldRecords(records=kind, count=1, why=Reason.LAW, until=until)
        for kind, until in (("acceptance", at(5, 1)), ("profile", at(6, 1)))
    )
    backups = a_certificate(
        deleted=(late,),
        remains=(hashes, *others),
        held=(last, first),
        key_deleted_at=at(3, 10),
        verified_at=at(3, 21),
        completed_at=at(3, 22),
    ).backups
    assert backups == Backups(
        sealed_fields_from=at(3, 17),
        clear_ids_from=at(4, 24),  # 35 days after the last deletion, which was later than that of the key
        claim_hashes_from=at(4, 14),  # the hashes lay under the key's own backups longer than in quarantine
        held_records_from=at(7, 6),
    )


def test_other_days_of_backups_are_refused() -> None:
    certificate = a_certificate()
    sooner = certificate.backups.model_copy(update={"sealed_fields_from": DONE})
    with pytest.raises(NotACertificate):
        certificate.model_copy(update={"backups": sooner}).document()


def test_days_of_backups_are_those_of_the_tables() -> None:
    days = {
        name: resource["Properties"]["PointInTimeRecoverySpecification"].get("RecoveryPeriodInDays", 35)
        for name, resource in load("data")["Resources"].items()
        if resource["Type"] == "AWS::DynamoDB::Table"
    }
    usual, set_to = KnownBackups(), figures.read(figures.BackupDays, {})
    assert timedelta(days=days.pop("KeysTable")) == usual.keys_for == set_to.keys
    assert {timedelta(days=number) for number in days.values()} == {usual.others_for} == {set_to.others}


@pytest.mark.promise("RGT-3")
@pytest.mark.parametrize("left", [timedelta(), timedelta(days=400)], ids=["none left", "left"])
def test_backups_end_with_the_longest_copy_and_the_last_one_left(left: timedelta) -> None:
    given = parts(held=certificates.held_records())
    deleted_at = given["key_deleted_at"]
    known = KnownBackups(timedelta(days=90), timedelta(days=60), deleted_at + left, deleted_at + left)
    backups = a_certificate(held=certificates.held_records(), known=known).backups
    held_for = given["held"][0].until - deleted_at
    (hashes,) = (one.until for one in given["remains"] if one.what is Remaining.CLAIM_HASHES)
    assert backups == Backups(
        sealed_fields_from=deleted_at + max(left, timedelta(days=90)),
        clear_ids_from=deleted_at + max(left, timedelta(days=60)),
        claim_hashes_from=max(deleted_at + left, hashes + timedelta(days=60)),
        held_records_from=deleted_at + held_for + timedelta(days=60),
    )


@pytest.mark.promise("RGT-3")
def test_new_certificate_states_no_earlier_end_of_backups() -> None:
    deleted_at = parts()["key_deleted_at"]
    before = a_certificate(known=KnownBackups(keys_until=deleted_at + timedelta(days=35)))
    assert a_certificate(before=before).backups == before.backups
    assert ErasureCertificate.read(before.document()) == before


def test_ids_of_another_kind_are_refused() -> None:
    for change in ({"request": Pseudonym.new()}, {"consent_pseudonym": RightsRequestId.new()}):
        with pytest.raises(NotACertificate):
            a_certificate(**change)
