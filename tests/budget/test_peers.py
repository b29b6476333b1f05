"""The comparison with other frameworks: the check that all do the same job, its targets and its page."""

import base64
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from bench.peers import equality, report, runner
from bench.peers.equality import Calls, differences, observed_job
from bench.peers.fixture import fixture
from bench.peers.report import Results
from bench.peers.runner import (
    BARE,
    CHALICE,
    COLD_FUNCTIONS,
    FRAMEWORKS,
    JOBS,
    OURS,
    POWERTOOLS,
    REFERENCE,
    Failed,
    Figures,
    Function,
    Samples,
)
from chalicelib.core.sealing import Place, SealingKeys

ROOT = Path(__file__).parents[2]


@pytest.mark.proof
def test_peers_answer_and_call_aws_as_our_functions_do(monkeypatch: pytest.MonkeyPatch) -> None:
    setup = runner.from_sources(fixture())
    frameworks = (OURS, POWERTOOLS, CHALICE, BARE)
    assert [*equality.check(setup, frameworks)] == [Function(one, job) for job in JOBS for one in frameworks]

    monkeypatch.setitem(runner._HANDLERS, CHALICE, runner._HANDLERS[REFERENCE.framework])
    with pytest.raises(Failed, match=r"plain Chalice.*it accepts invalid request 0"):
        equality.check(setup, (OURS, CHALICE))
    setup.fixture["refused"][JOBS[0]].clear()
    with pytest.raises(Failed, match=r"plain Chalice.*its body is"):
        equality.check(setup, (OURS, CHALICE))


KEY = bytes(32)
PLACE = Place("profile", "A#a", "profile")


def a_put(fields: dict[str, str], sk: str = "profile") -> list[object]:
    """Return a recorded call that stores sealed fields."""
    sealed = SealingKeys(1, {1: KEY}.get).seal(json.dumps(fields).encode(), PLACE._replace(sk=sk))
    attributes = {"kind": PLACE.kind, "pk": PLACE.pk, "sk": sk}
    item = {name: {"S": text} for name, text in attributes.items()}
    item["sealed"] = {"B": base64.b64encode(sealed).decode()}
    return ["PutItem", {"TableName": "accounts", "Item": item}]


def observed(*sent: list[object], **changes: object) -> dict[str, Any]:
    headers = {"content-type": "application/json", "etag": '"2"'}
    response = {"statusCode": 200, "headers": headers, "body": '{"a":1}', **changes}
    return observed_job({"responses": [response], "sent": sent}, KEY)


def test_another_response_is_a_difference() -> None:
    same = {"Content-Type": ["application/json; charset=utf-8"], "ETag": ['"2"']}
    assert (
        differences(observed(headers=None, multiValueHeaders=same, body='{"a":1,"b":null}'), observed()) == ""
    )
    assert "its status" in differences(observed(statusCode=202), observed())
    assert "its body" in differences(observed(body='{"a":2}'), observed())
    assert "its ETag" in differences(observed(headers={"content-type": "application/json"}), observed())


def test_another_call_or_other_stored_content_is_a_difference() -> None:
    ours = observed(a_put({"name": "Mila"}))
    assert differences(observed(a_put({"name": "Mila"})), ours) == ""  # with another nonce
    assert "its operations" in differences(observed(), ours)
    assert "its writes" in differences(observed(a_put({"name": "Mira"})), ours)
    assert "its writes" in differences(observed(a_put({"name": "Mila"}, sk="other")), ours)


def test_a_batch_with_other_rows_is_a_difference() -> None:
    def stored(row: object) -> dict[str, Any]:
        puts = [{"PutRequest": {"Item": {"pk": {"S": "A#a"}, "rows": {"S": json.dumps([row])}}}}]
        return observed(["BatchWriteItem", {"RequestItems": {"usage": puts}}])

    assert differences(stored({"b": 1, "a": 2}), stored({"a": 2, "b": 1})) == ""
    assert "its writes" in differences(stored({"name": "a"}), stored({"name": "b"}))


def figures(functions: Iterable[Function], ours: float) -> Figures:
    """Return figures of functions, of which ours take `ours` milliseconds and all others one."""
    return {one: Samples((ours if one.framework == OURS else 1.0,) * 3, 500) for one in functions}


def results(warm: float, cold: float) -> Results:
    functions = [Function(framework, job) for job in JOBS for framework in FRAMEWORKS]
    calls = dict.fromkeys(functions, Calls("BatchGetItem", 3))
    return Results(calls, figures(functions, warm), figures(COLD_FUNCTIONS, cold))


def missed(found: Results) -> list[str]:
    return [what for what, _, _, verdict in found.targets if verdict == "missed"]


def test_targets_are_missed_above_their_limits_only() -> None:
    assert missed(results(0.70, 0.45)) == []
    assert missed(results(0.71, 0.46)) == [
        "chat token, to Powertools",
        "authorizer, cold, to Chalice + boto3 client",
    ]
    as_slow = missed(results(1, 0.45))
    assert [what for what in as_slow if "plain Chalice" in what] == [
        f"{job}, to plain Chalice" for job in JOBS
    ]


def test_ratios_are_taken_within_a_turn() -> None:
    # The machine was ten times as slow in the second turn.
    assert Samples((2, 20, 2), 1).ratios_to(Samples((1, 10, 1), 1)) == [2, 2, 2]


def test_figures_replace_the_tables_of_the_page_and_nothing_else() -> None:
    page = report.PAGE.read_text()
    once = report.rewritten(page, results(0.5, 0.25))
    assert "| chat token | 0.50 | 1.00 |" in once
    assert report.rewritten(once, results(0.5, 0.25)) == once
    begin = page.index("<!--")
    assert once[:begin] == page[:begin]
    assert once.rpartition("-->")[2] == page.rpartition("-->")[2]


def test_part_that_was_not_measured_has_no_table_and_no_target() -> None:
    found = results(2, 2)
    only_cold = report.tables(found._replace(warm={}))
    assert "plain Chalice = 1" not in only_cold
    assert "| warm |" not in only_cold
    assert "| cold |" in only_cold
    assert {what.partition(",")[2] for what in missed(found._replace(warm={}))} == {
        f" cold, to {REFERENCE.framework}"
    }


def test_picture_has_a_bar_and_a_figure_of_each_function(tmp_path: Path) -> None:
    texts = []
    for name in ("a", "b"):
        report.draw(results(0.5, 0.25), tmp_path / name)
        texts.append((tmp_path / name).read_text())
    assert texts[0] == texts[1]
    words = [one.text for one in ET.fromstring(texts[0]).iter() if one.text]  # noqa: S314 - made here
    warm = {f"{job}, {one}: {'0.50' if one == OURS else '1.00'}" for job in JOBS for one in FRAMEWORKS}
    cold = {f"cold: {job}, {one}: {'0.25' if one == OURS else '1.00'}" for one, job in COLD_FUNCTIONS}
    assert warm | cold <= {*words}


def test_peers_have_our_versions_of_shared_packages() -> None:
    def pins(path: str) -> dict[str, str]:
        lines = (ROOT / path).read_text().splitlines()
        return dict(line.split("==") for line in lines if "==" in line and line[0] not in "# ")

    ours, theirs = pins("requirements.txt"), pins("bench/peers/requirements.txt")
    shared = ours.keys() & theirs.keys()
    assert {"boto3", "botocore", "chalice", "pydantic", "pydantic-core", "aws-lambda-powertools"} <= shared
    assert {name: theirs[name] for name in shared} == {name: ours[name] for name in shared}
