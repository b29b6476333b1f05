"""The comparison with other frameworks: the check that all do the same job, its targets and its page."""

import base64
import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from bench.peers import equality, picture, report
from bench.peers.cold import FUNCTIONS, Cold
from bench.peers.contestants import (
    BARE,
    CHALICE,
    FRAMEWORKS,
    JOBS,
    OURS,
    POWERTOOLS,
    REFERENCE,
    contestant,
)
from bench.peers.equality import Calls, differences, observed_job
from bench.peers.fixture import fixture
from bench.peers.report import Results
from bench.peers.samples import Samples
from bench.peers.setup import Failed, from_sources
from bench.peers.targets import targets
from bench.peers.warm import Warm
from chalicelib.core.sealing import Place, SealingKeys

ROOT = Path(__file__).parents[2]


@pytest.mark.proof
def test_peers_answer_and_call_aws_as_our_functions_do(monkeypatch: pytest.MonkeyPatch) -> None:
    with from_sources(fixture()) as setup:
        calls = equality.check(setup, (OURS, POWERTOOLS, CHALICE, BARE))
        assert {job: len(by_framework) for job, by_framework in calls.items()} == dict.fromkeys(JOBS, 4)

        monkeypatch.setattr(
            equality, "contestant", lambda of, job: contestant(of, job) if of == OURS else REFERENCE
        )
        with pytest.raises(Failed, match="its body is"):
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
    return observed_job({"response": response, "sent": sent}, KEY)


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


def warm_samples(ours: float) -> Warm:
    """Samples of all jobs, of which our functions take `ours` milliseconds and all others one."""
    return {
        job: {framework: Samples((ours if framework == OURS else 1.0,) * 3, 500) for framework in FRAMEWORKS}
        for job in JOBS
    }


def cold_samples(ours: float) -> Cold:
    return {one: Samples((ours if one.is_ours else 1.0,) * 3, 500) for one in FUNCTIONS}


def test_targets_are_missed_above_their_limits_only() -> None:
    assert all(target.is_met for target in targets(warm_samples(0.8), cold_samples(0.35)))
    slower = targets(warm_samples(0.81), cold_samples(0.36))
    assert [t.what for t in slower if not t.is_met] == [
        "chat token, to Powertools",
        "authorizer, cold, to Chalice + boto3 client",
    ]
    as_slow = [target.what for target in targets(warm_samples(1), {}) if not target.is_met]
    assert [what for what in as_slow if "plain Chalice" in what] == [
        f"{job}, to plain Chalice" for job in JOBS
    ]


def test_ratios_are_taken_within_a_turn() -> None:
    # The machine was ten times as slow in the second turn.
    assert Samples((2, 20, 2), 1).ratio_to(Samples((1, 10, 1), 1)) == 2


def test_figures_replace_the_tables_of_the_page_and_nothing_else() -> None:
    calls = {job: {name: Calls((("BatchGetItem", 1),), 3) for name in FRAMEWORKS} for job in JOBS}
    results = Results(calls, warm_samples(0.5), cold_samples(0.25))
    page = report.PAGE.read_text()
    once = report.rewritten(page, results)
    assert "| chat token | 0.50 | 1.00 |" in once
    assert report.rewritten(once, results) == once
    begin = page.index("<!--")
    assert once[:begin] == page[:begin]
    assert once.rpartition("-->")[2] == page.rpartition("-->")[2]


def test_picture_has_a_bar_of_each_function() -> None:
    drawn = ET.fromstring(picture.as_svg(warm_samples(0.5), cold_samples(0.25)))  # noqa: S314 - made here
    bars = [one for one in drawn.iter() if one.get("class") in {"ours", "peer"}]
    assert len(bars) == len(JOBS) * len(FRAMEWORKS) + len(FUNCTIONS)


def test_no_line_of_the_picture_crosses_a_figure() -> None:
    drawn = [*ET.fromstring(picture.as_svg(warm_samples(0.75), cold_samples(0.25))).iter()]  # noqa: S314 - made here
    figures = [one for one in drawn if one.text and one.text.replace(".", "").isdigit()]
    lines = [float(one.attrib["x1"]) for one in drawn if one.tag.endswith("line")]
    assert len(figures) == len(JOBS) * len(FRAMEWORKS) + len(FUNCTIONS)
    assert {one.get("class") for one in figures} == {"left"}  # ends at its x
    assert max(float(one.attrib["x"]) for one in figures) < min(lines)


def test_peers_have_our_versions_of_shared_packages() -> None:
    def pins(path: str) -> dict[str, str]:
        lines = (ROOT / path).read_text().splitlines()
        return dict(line.split("==") for line in lines if "==" in line and line[0] not in "# ")

    ours, theirs = pins("requirements.txt"), pins("bench/peers/requirements.txt")
    shared = ours.keys() & theirs.keys()
    assert {"boto3", "botocore", "chalice", "pydantic", "pydantic-core", "aws-lambda-powertools"} <= shared
    assert {name: theirs[name] for name in shared} == {name: ours[name] for name in shared}
