"""Tests record declarations: incomplete or contradictory classes cannot be defined (RET-1)."""

import types
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any

import pytest

from chalicelib.core.clock import Instant
from chalicelib.core.durations import Duration
from chalicelib.core.ids import AccountId
from chalicelib.core.periods import PERIODS
from chalicelib.core.table import Index, Key, Table
from chalicelib.privacy import codec, register
from chalicelib.privacy.declaration import RESERVED
from chalicelib.privacy.periods import UNTIL_ERASURE, After, Period, Statutory
from chalicelib.privacy.personal import NOT_PERSONAL, Bundle, DataSubject, DeclarationError, KeyClass, Record
from chalicelib.privacy.personal import personal as marked
from chalicelib.privacy.plans import WithheldField, export_plan
from chalicelib.privacy.purposes import Category, Correction, LegalBasis, Purpose, Source
from chalicelib.privacy.recipients import Recipient
from chalicelib.privacy.subject_keys import SubjectKeys

pytestmark = pytest.mark.usefixtures("forget_test_records")

WORDS: dict[str, Any] = {
    "table": Table.ACCOUNTS,
    "kind": "bookmark",
    "purpose": Purpose.SERVICE,
    "basis": LegalBasis.CONTRACT,
    "retention": UNTIL_ERASURE,
    "key_class": KeyClass.SUBJECT,
}

HERE = Key(Table.ACCOUNTS, "A#1", "bookmark#1")
KEYS = SubjectKeys(1, {1: b"k" * 32}.get, AccountId.new())

Note = Annotated[str, marked(Category.NAME, Source.PROVIDED)]
Clear = Annotated[str, NOT_PERSONAL]


def define(fields: dict[str, Any], **words: Any) -> type[Record]:
    """Define a record class as a class statement does."""
    namespace = {"__annotations__": fields, "__module__": __name__}
    defined: type[Record] = types.new_class("Bookmark", (Record,), words, lambda ns: ns.update(namespace))
    return defined


def test_fully_declared_record_is_in_the_register() -> None:
    bookmark = define({"note": Note}, **WORDS)
    assert bookmark in register.records()
    assert bookmark.declaration.personal_fields() == ("note",)


@pytest.mark.promise("RET-1")
@pytest.mark.parametrize("word", sorted(WORDS))
def test_record_without_a_required_keyword_cannot_be_defined(word: str) -> None:
    words = {name: value for name, value in WORDS.items() if name != word}
    with pytest.raises(DeclarationError, match=f"add {word}"):
        define({"note": Note}, **words)


@pytest.mark.promise("RET-1")
def test_unclassified_field_cannot_be_defined() -> None:
    with pytest.raises(DeclarationError, match=r"Bookmark\.note: annotate it with personal"):
        define({"note": str}, **WORDS)


def test_field_cannot_be_both_personal_and_not_personal() -> None:
    both = Annotated[str, marked(Category.NAME, Source.PROVIDED), NOT_PERSONAL]
    with pytest.raises(DeclarationError, match="not both"):
        define({"note": both}, **WORDS)


@pytest.mark.parametrize(
    ("fields", "key_class", "remedy"),
    [
        ({"note": Note}, KeyClass.NOTHING_SEALED, "add key_class"),
        ({"note": Clear}, KeyClass.SUBJECT, "leave out key_class"),
    ],
    ids=["personal but unsealed", "sealed but nothing personal"],
)
def test_key_class_has_to_match_the_fields(fields: dict[str, Any], key_class: KeyClass, remedy: str) -> None:
    with pytest.raises(DeclarationError, match=remedy):
        define(fields, **{**WORDS, "key_class": key_class})


@pytest.mark.promise("SEC-1")
@pytest.mark.parametrize("why", [None, "", "  "])
def test_class_in_clear_needs_a_reason(why: str | None) -> None:
    with pytest.raises(DeclarationError, match="say in why_clear"):
        define({"note": Note}, **{**WORDS, "key_class": KeyClass.CLEAR}, why_clear=why)


def test_sealed_class_has_no_reason_for_being_in_clear() -> None:
    with pytest.raises(DeclarationError, match="why_clear belongs to"):
        define({"note": Note}, **WORDS, why_clear="because")


def test_class_without_personal_fields_cannot_be_declared_clear() -> None:
    with pytest.raises(DeclarationError, match="leave out key_class"):
        define({"note": Clear}, **{**WORDS, "key_class": KeyClass.CLEAR}, why_clear="because")


@pytest.mark.promise("SEC-1")
def test_only_usage_events_have_personal_fields_in_clear() -> None:
    clear = {r.declaration.kind for r in register.records() if r.declaration.key_class is KeyClass.CLEAR}
    assert clear == {"usage_event", "diagnostics_event"}


@pytest.mark.promise("SEC-1")
def test_record_in_clear_opens_without_a_key_and_is_hidden_in_representations() -> None:
    kind: Any = define({"note": Note}, **{**WORDS, "key_class": KeyClass.CLEAR}, why_clear="because")
    item = codec.to_item(kind(note="secret"), HERE)
    assert item == {"kind": "bookmark", "note": "secret"}
    assert (
        codec.opened(kind, {**item, **HERE.attributes()}) == codec.glance(kind, item) == kind(note="secret")
    )
    assert "secret" not in repr(kind(note="secret"))


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"note": Note}, "from a field Instant 'made_at'"),
        ({"note": Note, "made_at": Clear}, "from a field Instant 'made_at'"),
        (
            {"note": Note, "made_at": Annotated[tuple[Instant, ...], NOT_PERSONAL]},
            "from a field Instant 'made_at'",
        ),
        (
            {"note": Note, "made_at": Annotated[Instant, marked(Category.NAME, Source.OBSERVED)]},
            "needs it in clear",
        ),
    ],
    ids=["missing", "no instant", "several", "sealed"],
)
def test_period_counts_from_a_clear_instant_of_the_record(fields: dict[str, Any], text: str) -> None:
    retention = After(Period.IDLE_SESSION, since="made_at")
    with pytest.raises(DeclarationError, match=text):
        define(fields, **{**WORDS, "retention": retention})


@pytest.mark.parametrize("name", sorted(RESERVED))
def test_field_cannot_have_the_name_of_an_items_own_attribute(name: str) -> None:
    with pytest.raises(DeclarationError, match="rename"):
        define({"note": Note, name: Clear}, **WORDS)


def a_bookmark(**changes: Any) -> Any:
    fields = {
        "note": Note,
        "account_id": Annotated[AccountId, NOT_PERSONAL],
        "made_at": Annotated[Instant, NOT_PERSONAL],
    }
    words = {**WORDS, "retention": After(Period.CHALLENGE, since="made_at")} | changes
    kind: Any = define(fields, **words)
    return kind(note="secret", account_id=AccountId.new(), made_at=datetime(2026, 1, 31, tzinfo=UTC))


def test_personal_fields_are_sealed_in_one_attribute_and_open_unchanged() -> None:
    bookmark = a_bookmark()
    item = codec.to_item(bookmark, HERE, KEYS)
    assert set(item) == {"kind", "account_id", "made_at", "sealed", "expires_at", "delete_at"}
    assert codec.opened(type(bookmark), {**item, **HERE.attributes()}, KEYS) == bookmark


@pytest.mark.promise("RET-1")
def test_expires_at_and_delete_at_follow_from_the_declared_retention() -> None:
    item = codec.to_item(a_bookmark(), HERE, KEYS)
    assert item["expires_at"] == item["delete_at"] == datetime(2026, 2, 2, tzinfo=UTC).timestamp()
    lasting = a_bookmark(kind="lasting", retention=UNTIL_ERASURE)
    assert "expires_at" not in codec.to_item(lasting, HERE, KEYS)


@pytest.mark.promise("RET-1")
def test_record_whose_period_has_not_begun_has_no_expiry() -> None:
    since = {"note": Note, "closed_at": Annotated[Instant | None, NOT_PERSONAL]}
    kind: Any = define(since, **WORDS | {"retention": After(Period.RIGHTS_EVIDENCE, since="closed_at")})
    opened = kind(note="secret", closed_at=None)
    assert codec.times(opened) == {}
    closed = opened.model_copy(update={"closed_at": datetime(2026, 1, 31, tzinfo=UTC)})
    assert codec.expires_at(closed) == datetime(2029, 1, 31, tzinfo=UTC)


@pytest.mark.promise("SEC-1")
def test_representation_hides_personal_values() -> None:
    shown = repr(a_bookmark())
    assert "secret" not in shown
    assert "note='[personal]'" in shown


@pytest.mark.promise("NOT-6")
def test_field_for_a_recipient_without_that_category_cannot_be_declared() -> None:
    to_stream = Annotated[str, marked(Category.PHONE_NUMBER, Source.PROVIDED, to=(Recipient.STREAM,))]
    with pytest.raises(DeclarationError, match=r"Bookmark: note: STREAM is not registered for user\.contact"):
        define({"note": to_stream}, **WORDS)


def a_withholding_class(**words: Any) -> Any:
    """Define a class of which some records are undisclosed until `made_at`."""
    fields = {"note": Note, "made_at": Annotated[Instant, NOT_PERSONAL]}

    def body(namespace: dict[str, Any]) -> None:
        namespace.update({"__annotations__": fields, "__module__": __name__})
        namespace["undisclosed_until"] = property(lambda record: record.made_at)

    return types.new_class("Bookmark", (Record,), WORDS | words, body)


@pytest.mark.promise("RGT-1")
def test_class_that_leaves_records_out_of_a_copy_says_which_and_why() -> None:
    with pytest.raises(DeclarationError, match="undisclosed has to say which records"):
        a_withholding_class()
    with pytest.raises(DeclarationError, match="undisclosed has to say which records"):
        define({"note": Note}, **WORDS, undisclosed="a law forbids it")
    kind = a_withholding_class(undisclosed="a law forbids it")
    (section,) = (part for part in export_plan([kind]))
    assert section.withheld == (WithheldField("some records", "a law forbids it"),)


@pytest.mark.promise("RGT-1")
def test_record_is_disclosed_unless_its_class_declares_otherwise() -> None:
    assert a_bookmark().undisclosed_until is None


def test_unknown_keyword_of_the_class_statement_is_refused() -> None:
    with pytest.raises(DeclarationError, match="unknown in the class statement: recipients"):
        define({"note": Note}, **WORDS, recipients=(Recipient.STREAM,))


def test_aws_is_a_recipient_of_every_record() -> None:
    assert all(Recipient.AWS in record.declaration.recipients for record in register.records())


@pytest.mark.promise("STR-1")
def test_only_profile_and_blocks_name_stream_as_a_recipient() -> None:
    named = {r.declaration.kind for r in register.records() if Recipient.STREAM in r.declaration.recipients}
    assert named == {"profile", "block_list"}


def test_second_class_with_the_same_kind_cannot_be_defined() -> None:
    define({"note": Note}, **WORDS)
    with pytest.raises(DeclarationError, match="choose another kind, Bookmark has this one"):
        define({"note": Note}, **WORDS)


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("table", "accounts"),
        ("kind", None),
        ("purpose", "service"),
        ("basis", "consent"),
        ("retention", "P30D"),
    ],
)
def test_keyword_with_a_value_of_another_type_is_refused(word: str, value: object) -> None:
    with pytest.raises(DeclarationError, match=f"{word} has to be a"):
        define({"note": Note}, **WORDS | {word: value})


MADE_AT = {"note": Note, "made_at": Annotated[Instant, NOT_PERSONAL]}
FOR_A_LAW = {"purpose": Purpose.LEGAL_OBLIGATION, "basis": LegalBasis.LEGAL_OBLIGATION}
ON_CONSENT = {"purpose": Purpose.ANALYTICS, "basis": LegalBasis.CONSENT}
INVOICES = Statutory(Period.BILLING, law="a law on accounting", since="made_at")
FOR_DAYS = After(Period.CHALLENGE, since="made_at")


@pytest.mark.promise("RET-1")
@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"basis": LegalBasis.CONSENT}, "basis has to be CONTRACT, that of SERVICE"),
        (ON_CONSENT, r"retention has to be After\(period, since\): a consent may end"),
        (ON_CONSENT | {"retention": INVOICES}, "a consent may end"),
        ({"subject": DataSubject.STAFF}, "all records in ACCOUNTS are about users"),
        (ON_CONSENT | {"table": Table.CLAIMS}, "records based on a consent are deleted with it"),
        ({"table": Table.LEDGER}, "only core/chain writes to the Ledger"),
        ({"table": Table.KEYS}, "Keys holds data keys and nothing else"),
        ({"table": Table.CHALLENGES}, "neither export nor erasure finds records in CHALLENGES"),
        (
            {"key_class": KeyClass.TRANSIENT, "retention": FOR_DAYS},
            "key_class has to be SUBJECT: in backups of this table",
        ),
        (
            {"key_class": KeyClass.TRANSIENT, "table": Table.CHALLENGES},
            "every record in CHALLENGES expires",
        ),
        (
            {
                "key_class": KeyClass.TRANSIENT,
                "table": Table.CHALLENGES,
                "retention": After(Period.USAGE, since="made_at"),
            },
            "choose a period of at most 7 days",
        ),
        ({"key_class": KeyClass.RETAINED}, r"retention has to be Statutory\(period, law, since\)"),
        (
            {"key_class": KeyClass.RETAINED, "retention": After(Period.BILLING, since="made_at")},
            r"retention has to be Statutory\(period, law, since\)",
        ),
        (FOR_A_LAW | {"retention": INVOICES}, "key_class has to be RETAINED: the subject's key is deleted"),
        (
            {"retention": INVOICES, "key_class": KeyClass.RETAINED},
            "purpose has to be LEGAL_OBLIGATION: no other purpose is Statutory",
        ),
        (
            FOR_A_LAW
            | {
                "retention": Statutory(Period.BILLING, law=" ", since="made_at"),
                "key_class": KeyClass.RETAINED,
            },
            "which law requires the retention",
        ),
    ],
)
def test_contradictory_declaration_cannot_be_defined(changes: dict[str, Any], text: str) -> None:
    with pytest.raises(DeclarationError, match=text):
        define(MADE_AT, **WORDS | changes)
    assert "bookmark" not in {record.declaration.kind for record in register.records()}


@pytest.mark.promise("RET-1")
def test_record_that_no_erasure_finds_needs_a_period_that_no_stage_makes_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    two_days = Period.CHALLENGE.bounds
    monkeypatch.setitem(PERIODS, "challenge", replace(two_days, maximum=Duration.parse("P8D")))
    transient = {"key_class": KeyClass.TRANSIENT, "table": Table.CHALLENGES, "retention": FOR_DAYS}
    with pytest.raises(DeclarationError, match="choose a period of at most 7 days"):
        define(MADE_AT, **WORDS | transient)


IN_CLEAR = ON_CONSENT | {
    "retention": After(Period.USAGE, since="made_at"),
    "key_class": KeyClass.CLEAR,
    "why_clear": "because",
}


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"key_class": KeyClass.SUBJECT, "why_clear": None}, "only a class in clear has several records"),
        ({"bundle": Bundle(shared=("phone",), distinct="note")}, "bundle names phone, which is no field"),
        ({"bundle": Bundle(shared=(), distinct="number")}, "bundle names number, which is no field"),
        ({"bundle": Bundle(shared=("made_at",), distinct="note")}, "made_at and note differ between records"),
        ({"bundle": Bundle(shared=("note",), distinct="note")}, "made_at and note differ between records"),
        ({"retention": UNTIL_ERASURE}, "an item of several records expires with its oldest"),
    ],
)
def test_bundle_that_cannot_be_stored_cannot_be_declared(changes: dict[str, Any], text: str) -> None:
    words = WORDS | IN_CLEAR | {"bundle": Bundle(shared=(), distinct="note")}
    with pytest.raises(DeclarationError, match=text):
        define(MADE_AT, **words | changes)
    assert define(MADE_AT, **words) in register.records()


@pytest.mark.parametrize(
    "words",
    [
        FOR_A_LAW | {"retention": INVOICES, "key_class": KeyClass.RETAINED},
        ON_CONSENT | {"retention": After(Period.USAGE, since="made_at")},
        {"table": Table.CHALLENGES, "key_class": KeyClass.TRANSIENT, "retention": FOR_DAYS},
    ],
    ids=["statutory", "on consent", "transient"],
)
def test_consistent_declaration_can_be_defined(words: dict[str, Any]) -> None:
    assert define(MADE_AT, **WORDS | words) in register.records()


@pytest.mark.promise("RET-1")
def test_transient_record_cannot_have_a_period_that_begins_later() -> None:
    later = {"note": Note, "made_at": Annotated[Instant | None, NOT_PERSONAL]}
    words = {"table": Table.CHALLENGES, "key_class": KeyClass.TRANSIENT, "retention": FOR_DAYS}
    with pytest.raises(DeclarationError, match="made_at: it can't be None"):
        define(later, **WORDS | words)


@pytest.mark.parametrize("source", [Source.OBSERVED, Source.GENERATED])
def test_only_provided_data_is_correctable_by_self_service(source: Source) -> None:
    seen = Annotated[str, marked(Category.NAME, source, Correction.SELF_SERVICE)]
    with pytest.raises(DeclarationError, match="note: correction has to be ON_REQUEST"):
        define({"note": seen}, **WORDS)


def test_no_record_declares_the_partition_of_an_index() -> None:
    partitions = {index.pk for index in Index}
    declaring = {r.declaration.kind for r in register.records() if r.model_fields.keys() & partitions}
    assert declaring == set()


def test_all_contradictions_are_reported_at_once() -> None:
    with pytest.raises(DeclarationError) as refused:
        define({"note": Clear}, **WORDS | {"basis": LegalBasis.CONSENT, "table": Table.LEDGER})
    assert [text in str(refused.value) for text in ("key_class", "basis", "Ledger")] == [True] * 3


@pytest.mark.promise("RET-3")
def test_statutory_retention_is_described_with_law_and_length() -> None:
    assert INVOICES.plainly == "10 years after the end of the year of the invoice (a law on accounting)"
    assert INVOICES.duration == "P10Y"
