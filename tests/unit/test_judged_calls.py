"""Tests how calls of functions are judged by their policies."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from tests.support.roles import judge, plugin
from tests.support.roles.access import Access, accesses
from tests.support.roles.policies import NotJudged, Statement, policies, statements
from tests.support.world.world import World

Parameters = dict[str, Any]


def a_key(pk: str) -> Parameters:
    return {"pk": {"S": pk}, "sk": {"S": "profile"}}


def accessed(operation: str, **parameters: Any) -> list[tuple[str, str, set[str]]]:
    """Return action, place and keys of each check of a call."""
    return [(one.action, one.place, {*(one.keys or ())}) for one in accesses(operation, parameters)]


def a_statement(*keys: str, **changed: Any) -> Statement:
    """Return a statement about accounts; without keys, it has no condition."""
    condition = {
        "ForAllValues:StringLike": {"dynamodb:LeadingKeys": [*keys]},
        "Null": {"dynamodb:LeadingKeys": "false"},
    }
    stated = {
        "Sid": "Accounts",
        "Effect": "Allow",
        "Action": ["dynamodb:BatchGetItem", "dynamodb:PutItem", "dynamodb:Scan"],
        "Resource": [{"Fn::Sub": "${AccountsTableArn}"}],
        **({"Condition": condition} if keys else {}),
        **changed,
    }
    (read,) = statements("contacts", {"Statement": [stated]})
    return read


def an_access(*keys: str, action: str = "BatchGetItem", place: str = "accounts") -> Access:
    return Access(
        action, place, frozenset(keys) if keys else None, tuple({"Key": a_key(key)} for key in keys)
    )


def test_batch_is_one_check_per_table_with_the_keys_of_all_its_items() -> None:
    accounts = {"Keys": [a_key("A#1"), a_key("C#1")]}
    claims = {"Keys": [{"pk": {"S": "phone#1"}}]}
    requested = {"ru4m-test-accounts": accounts, "ru4m-test-claims": claims}
    assert accessed("BatchGetItem", RequestItems=requested) == [
        ("BatchGetItem", "accounts", {"A#1", "C#1"}),
        ("BatchGetItem", "claims", {"phone#1"}),
    ]
    written = [{"PutRequest": {"Item": a_key("A#1")}}, {"DeleteRequest": {"Key": a_key("A#2")}}]
    assert accessed("BatchWriteItem", RequestItems={"ru4m-test-usage": written}) == [
        ("BatchWriteItem", "usage", {"A#1", "A#2"})
    ]


def test_transaction_is_one_check_per_item_of_its_own_action() -> None:
    table = {"TableName": "ru4m-test-accounts"}
    items = [{"Put": {**table, "Item": a_key("A#1")}}, {"ConditionCheck": {**table, "Key": a_key("C#1")}}]
    assert accessed("TransactWriteItems", TransactItems=items) == [
        ("PutItem", "accounts", {"A#1"}),
        ("ConditionCheckItem", "accounts", {"C#1"}),
    ]


def test_key_of_an_index_is_the_partition_key_of_the_index() -> None:
    wanted: Parameters = {
        "TableName": "ru4m-test-rights",
        "KeyConditionExpression": "(#n0 = :v0 AND #n1 = :v1)",
        "ExpressionAttributeNames": {"#n0": "received_at", "#n1": "owner"},
        "ExpressionAttributeValues": {":v0": {"S": "2026"}, ":v1": {"S": "breaches"}},
    }
    assert accessed("Query", IndexName="owner", **wanted) == [("Query", "rights/index/owner", {"breaches"})]
    assert accessed("Scan", TableName="ru4m-test-rights") == [("Scan", "rights", set())]


def test_access_names_the_attributes_of_items_keys_and_expressions() -> None:
    named: Parameters = {"TableName": "ru4m-test-accounts", "ExpressionAttributeNames": {"#n0": "state"}}
    (put,) = accesses("PutItem", {**named, "Item": {**a_key("A#1"), "sealed": {"B": b""}}})
    assert put.attributes == {"pk", "sk", "sealed", "state"}
    (read,) = accesses(
        "BatchGetItem", {"RequestItems": {"ru4m-test-accounts": {**named, "Keys": [a_key("A#1")]}}}
    )
    assert read.attributes == {"pk", "sk", "state"}


def test_batch_with_one_key_of_another_kind_is_refused_as_a_whole() -> None:
    statement = a_statement("A#*", "blocks")
    assert statement.allows(an_access("A#1", "A#2", "blocks"))
    assert not statement.allows(an_access("A#1", "C#1"))
    assert not statement.allows(an_access("A"))
    assert not statement.allows(an_access("A#1", action="DeleteItem"))
    assert not statement.allows(an_access("A#1", place="accounts/index/due"))


def test_missing_key_is_allowed_by_a_set_operator_and_refused_by_null() -> None:
    scan = an_access(action="Scan")
    only = {"dynamodb:LeadingKeys": ["A#*"]}
    assert a_statement(Condition={"ForAllValues:StringLike": only}).allows(scan)
    assert not a_statement("A#*").allows(scan)


def test_attributes_beyond_those_of_a_condition_are_refused() -> None:
    own = {"ForAllValues:StringLike": {"dynamodb:Attributes": ["pk", "sk"]}}
    assert a_statement(Condition=own).allows(an_access("A#1"))
    named = {"TableName": "ru4m-test-accounts", "Item": {**a_key("A#1"), "sealed": {"B": b""}}}
    assert not a_statement(Condition=own).allows(*accesses("PutItem", named))


@pytest.mark.parametrize(
    "changed",
    [
        {"Effect": "Deny"},
        {"Action": ["dynamodb:*"]},
        {"Resource": [{"Fn::Sub": "${AccountsTableArn}*"}]},
        {"Condition": {"StringEquals": {"dynamodb:LeadingKeys": ["A#1"]}}},
        {"Condition": {"ForAllValues:StringLike": {"dynamodb:Select": ["COUNT"]}}},
        {"Condition": {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["${aws:userid}"]}}},
        {"Condition": {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": [{"Ref": "Stage"}]}}},
    ],
    ids=str,
)
def test_statement_that_cannot_be_judged_is_an_error(changed: Parameters) -> None:
    with pytest.raises(NotJudged):
        a_statement(**changed)


def test_call_that_no_statement_allows_fails_with_its_particulars(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    mila, others = world.a_user(), policies()
    monkeypatch.setattr(judge, "policies", lambda: {**others, "contacts": (a_statement("B#*"),)})
    with pytest.raises(pytest.fail.Exception) as failed:
        mila.gets("/v1/contacts")
    (refused,) = judge.take_refused()
    assert refused == str(failed.value)
    assert refused.startswith("no statement of contacts allows BatchGetItem on accounts; keys: A#")
    assert "attributes: pk, sk" in refused


def test_test_that_swallows_a_refusal_fails_at_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judge, "_refused", [])
    call = plugin.pytest_runtest_call()
    next(call)
    judge._refused.append("no statement of contacts allows it")
    with pytest.raises(pytest.fail.Exception, match="no statement of contacts allows it"):
        next(call)


def a_session(**option: Any) -> Any:
    """Return a session of the whole suite, or with other options."""
    chosen = {"markexpr": "not proof", "keyword": "", "deselect": None, "collectonly": False, **option}
    source = chosen.pop("source", pytest.Config.ArgsSource.TESTPATHS)
    config = SimpleNamespace(option=SimpleNamespace(**chosen), args_source=source, stash=pytest.Stash())
    return SimpleNamespace(config=config, exitstatus=pytest.ExitCode.OK)


@pytest.fixture
def one_statement(monkeypatch: pytest.MonkeyPatch) -> Statement:
    """Let one statement be all that there is, unused."""
    statement = a_statement("A#*", "B#*")
    monkeypatch.setattr(judge, "policies", lambda: {"contacts": (statement,)})
    monkeypatch.setattr(judge, "_used", set())
    return statement


def test_pattern_that_no_process_used_fails_the_whole_suite(one_statement: Statement) -> None:
    judge._judge("contacts", an_access("A#1"))
    there = [("contacts", "Accounts", pattern) for pattern in ("PutItem", "Scan")]
    plugin.pytest_testnodedown(SimpleNamespace(workeroutput={"used_patterns": [[*one] for one in there]}))
    plugin.pytest_sessionfinish(whole := a_session(), pytest.ExitCode.OK)
    assert whole.exitstatus == pytest.ExitCode.TESTS_FAILED
    assert judge.unused() == [("contacts", "Accounts", "B#*")]


@pytest.mark.parametrize(
    "option",
    [
        {"source": pytest.Config.ArgsSource.ARGS},
        {"markexpr": "proof"},
        {"keyword": "contacts"},
        {"collectonly": True},
        {"lf": True},
    ],
    ids=str,
)
def test_run_of_a_part_judges_no_unused_pattern(option: Parameters, one_statement: Statement) -> None:
    plugin.pytest_sessionfinish(part := a_session(**option), pytest.ExitCode.OK)
    assert part.exitstatus == pytest.ExitCode.OK


def test_worker_reports_what_its_tests_used(one_statement: Statement) -> None:
    judge._judge("contacts", an_access("A#1"))
    output: Parameters = {}
    worker: Any = SimpleNamespace(config=SimpleNamespace(workeroutput=output))
    plugin.pytest_sessionfinish(worker, pytest.ExitCode.OK)
    used = [("contacts", "Accounts", one) for one in ("A#*", "BatchGetItem", "accounts")]
    assert output == {"used_patterns": used}
