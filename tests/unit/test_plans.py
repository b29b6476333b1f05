"""Plans of exports, erasures and holds follow from the declarations alone."""

import json
from typing import Annotated, Any

import pytest

from chalicelib.accounts.challenges.model import Challenge
from chalicelib.core import aws, table
from chalicelib.core.clock import Instant
from chalicelib.core.ids import AccountId
from chalicelib.core.settings import settings
from chalicelib.core.table import Table, partition_of
from chalicelib.privacy import declaration, register
from chalicelib.privacy.declaration import LookupPath
from chalicelib.privacy.periods import UNTIL_ERASURE, Period, Statutory
from chalicelib.privacy.personal import NOT_PERSONAL, DataSubject, KeyClass, Record
from chalicelib.privacy.personal import personal as marked
from chalicelib.privacy.plans import (
    UNDISCLOSED_RECORDS,
    Action,
    DisclosedField,
    ErasurePlan,
    NotHoldable,
    Section,
    WithheldField,
    erasure_plan,
    export_plan,
    holdable,
)
from chalicelib.privacy.purposes import Category, Correction, LegalBasis, Purpose, Source
from chalicelib.privacy.recipients import Recipient
from chalicelib.safety.model import SAFETY_LAW
from tests.support.world.world import World

pytestmark = pytest.mark.usefixtures("forget_test_records")


def a_bill_class() -> Any:
    class Bill(
        Record,
        table=Table.ACCOUNTS,
        kind="bill",
        purpose=Purpose.LEGAL_OBLIGATION,
        basis=LegalBasis.LEGAL_OBLIGATION,
        retention=Statutory(Period.BILLING, law="a law on accounting", since="issued_at"),
        key_class=KeyClass.RETAINED,
    ):
        """A paid amount."""

        amount: Annotated[str, marked(Category.BEHAVIOR, Source.OBSERVED)]
        issued_at: Annotated[Instant, NOT_PERSONAL]

    return Bill


def about_users() -> list[type[Record]]:
    return [r for r in register.records() if r.declaration.subject is DataSubject.USER]


def section(kind: str) -> Section:
    (found,) = (part for part in export_plan(register.records()) if part.kind == kind)
    return found


def field(kind: str, name: str) -> DisclosedField:
    (found,) = (field for field in section(kind).disclosed if field.name == name)
    return found


@pytest.mark.promise("RGT-1")
def test_every_record_class_has_a_section_in_an_export() -> None:
    plan = export_plan(register.records())
    assert [part.kind for part in plan] == [
        record.declaration.kind
        for record in sorted(about_users(), key=lambda r: (r.declaration.table, r.declaration.kind))
    ]


@pytest.mark.promise("RGT-1")
@pytest.mark.parametrize("record", about_users(), ids=lambda record: record.__name__)
def test_every_field_is_disclosed_or_withheld_with_a_reason(record: type[Record]) -> None:
    part = section(record.declaration.kind)
    withheld = [w.name for w in part.withheld if w.name != UNDISCLOSED_RECORDS]
    assert sorted([t.name for t in part.disclosed] + withheld) == sorted(record.model_fields)
    assert all(withheld.why for withheld in part.withheld)


@pytest.mark.promise("RGT-1")
def test_section_has_the_information_of_article_15() -> None:
    part = section("session")
    assert (part.table, part.found) == (Table.ACCOUNTS, LookupPath.BY_ACCOUNT)
    assert (part.purpose, part.basis) == (Purpose.AUTHENTICATION, LegalBasis.CONTRACT)
    assert (part.kept, part.period) == ("60 days after the device was last used", "P60D")
    assert part.recipients == (Recipient.AWS,)


@pytest.mark.promise("RGT-1")
def test_field_is_disclosed_with_category_source_and_recipients() -> None:
    assert field("profile", "display_name") == DisclosedField(
        "display_name",
        Category.NAME,
        Source.PROVIDED,
        Correction.SELF_SERVICE,
        (Recipient.AWS, Recipient.STREAM),
        portable=True,
    )
    assert field("acceptance", "accepted_at") == DisclosedField("accepted_at")


def test_generated_field_is_disclosed_and_not_portable() -> None:
    assert not field("account", "pseudonym").portable
    assert field("account", "phone").portable
    assert not field("purposes", "consents").portable  # rests on a law


@pytest.mark.promise("SEC-1")
def test_credential_is_withheld() -> None:
    class Password(
        Record,
        table=Table.ACCOUNTS,
        kind="password",
        purpose=Purpose.AUTHENTICATION,
        basis=LegalBasis.CONTRACT,
        retention=UNTIL_ERASURE,
        key_class=KeyClass.SUBJECT,
    ):
        """A secret of its owner."""

        memory_hard_hash: Annotated[str, marked(Category.CREDENTIALS, Source.PROVIDED)]

    assert section("password").disclosed == ()
    assert section("password").withheld[0].why.startswith("a secret")
    assert WithheldField("nonce", "refresh tokens are made from it") in section("session").withheld


def test_record_that_no_account_id_finds_is_described_and_withheld() -> None:
    part = section("challenge")
    assert part.disclosed == ()
    assert {withheld.name for withheld in part.withheld} == set(Challenge.model_fields)
    assert part.kept == "48 hours after a code was requested"


def actions(plan: ErasurePlan) -> list[tuple[Action, Table]]:
    return [(step.action, step.table) for step in plan.steps]


@pytest.mark.promise("RGT-3")
def test_erasure_releases_claims_first_and_deletes_the_key_last() -> None:
    plan = erasure_plan(register.records())
    assert actions(plan) == [
        (Action.RELEASE, Table.CLAIMS),
        (Action.KEEP, Table.BILLING),
        (Action.DELETE, Table.ACCOUNTS),
        (Action.DELETE, Table.BILLING),
        (Action.DELETE, Table.USAGE),
        (Action.LAPSE, Table.CHALLENGES),
        (Action.DELETE_KEY, Table.KEYS),
        (Action.NEVER, Table.HELD),
        (Action.NEVER, Table.RIGHTS),
        (Action.NEVER, Table.LEDGER),
    ]


@pytest.mark.promise("RGT-3", "RGT-10")
def test_requests_and_disclosures_outlive_an_erasure_for_legal_claims() -> None:
    plan = erasure_plan(register.records())
    (kinds,) = (step.kinds for step in plan.steps if step.table is Table.RIGHTS)
    laws = {
        record.declaration.kind: record.declaration.retention.law
        for record in about_users()
        if isinstance(record.declaration.retention, Statutory) and record.declaration.kind in kinds
    }
    assert laws.keys() == {
        "abuse_report", "certificate", "complaint", "disclosure", "hold", "number_objection",
        "rights_request", "safety_decision",
    }  # fmt: skip
    assert set(laws.values()) == {
        SAFETY_LAW,
        "to establish or defend claims, Art. 6(1)(f) and 17(3)(e) GDPR, Art. 12(1)(6) and 30 ZZPL",
        "to prove to whom data was disclosed and why, Art. 5(2) and 17(3)(e) GDPR, Art. 5(2) and 30 ZZPL",
    }


@pytest.mark.promise("RGT-3")
def test_every_record_class_is_in_exactly_one_step_of_an_erasure() -> None:
    steps = [step for step in erasure_plan(register.records()).steps if step.action is not Action.KEEP]
    named = [kind for step in steps for kind in step.kinds]
    assert sorted(named) == sorted(record.declaration.kind for record in about_users())


@pytest.mark.promise("RGT-1")
def test_record_about_staff_is_in_no_plan_of_a_user() -> None:
    about_staff = {r.declaration.kind for r in register.records()} - {
        r.declaration.kind for r in about_users()
    }
    assert about_staff == {"breach", "breach_fact", "staff_member", "table_removal"}
    assert not about_staff & {part.kind for part in export_plan(register.records())}
    assert not about_staff & {kind for step in erasure_plan(register.records()).steps for kind in step.kinds}


@pytest.mark.promise("RGT-3")
def test_record_under_a_subjects_key_is_unreadable_without_the_key() -> None:
    sealed = {r.declaration.kind for r in register.records() if r.declaration.key_class is KeyClass.SUBJECT}
    assert set(erasure_plan(register.records()).unreadable_with_key) == sealed
    assert {"account", "profile", "session", "purposes"} <= sealed


@pytest.mark.promise("RGT-3", "RET-3")
def test_statutory_record_is_moved_before_anything_is_deleted() -> None:
    a_bill_class()
    plan = erasure_plan(register.records())
    kept = {step.table: step.kinds for step in plan.steps if step.action is Action.KEEP}
    assert kept[Table.ACCOUNTS] == ("bill",)
    order = [step.name for step in plan.steps]
    assert order.index("keep_accounts") < order.index("delete_accounts") < order.index("delete_key_keys")
    assert "bill" not in plan.unreadable_with_key


@pytest.mark.promise("RGT-3", "RET-3")
def test_held_kinds_are_moved_from_their_tables() -> None:
    plan = erasure_plan(register.records(), ["profile", "purposes", "usage_event"])
    kept = {step.table: set(step.kinds) for step in plan.steps if step.action is Action.KEEP}
    assert kept[Table.ACCOUNTS] == {"profile", "purposes"}
    assert kept[Table.USAGE] == {"usage_event"}


def test_deletion_takes_the_whole_partition_also_of_held_kinds() -> None:
    plan = erasure_plan(register.records(), ["profile"])
    deletion = next(step for step in plan.steps if step.name == "delete_accounts")
    assert "profile" in deletion.kinds


@pytest.mark.parametrize("kind", ["challenge", "claim", "rights_request", "staff_member", "session", "ghost"])
def test_record_that_cannot_be_kept_cannot_be_held(kind: str) -> None:
    assert kind not in holdable(register.records())
    with pytest.raises(NotHoldable, match=kind):
        erasure_plan(register.records(), [kind])


def test_names_of_steps_are_unique() -> None:
    a_bill_class()
    names = [step.name for step in erasure_plan(register.records(), ["profile"]).steps]
    assert len(names) == len(set(names))
    assert "delete_key_keys" in names


@pytest.mark.promise("RGT-1", "RGT-3")
def test_every_stored_record_of_a_user_is_found_by_the_plans(world: World) -> None:
    mila = world.a_user()
    mila.changes(name="Milica")
    mila.mints_a_chat_token()
    mila.gets_invoiced()
    account_id = AccountId(mila.account_id)
    known = {part.kind: part for part in export_plan(register.records())}
    hers = [
        (place, table.items.plain(raw))
        for place in Table
        for raw in aws.client("dynamodb").scan(TableName=settings().table(place))["Items"]
        if account_id in json.dumps(raw, default=str)
    ]
    assert {one for one, _ in hers} == {
        Table.ACCOUNTS, Table.BILLING, Table.CLAIMS, Table.CHALLENGES, Table.KEYS
    }  # fmt: skip
    for where, item in hers:
        if declaration.lookup_path(where) is LookupPath.BY_ACCOUNT:
            assert item["pk"] == partition_of(account_id)
        if where is not Table.KEYS:
            assert known[item["kind"]].table is where
