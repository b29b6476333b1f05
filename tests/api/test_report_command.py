"""`python -m infra.ops report`: packs, their verification, and the figures of a year."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Callable
from datetime import date, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from chalicelib.core import clock, table
from chalicelib.core.chain import Chain
from chalicelib.core.ids import AccountId, BreachId, DisclosureId, RightsRequestId
from chalicelib.core.languages import Language
from chalicelib.core.table import Change
from chalicelib.operations.breaches import store as breach_store
from chalicelib.operations.reports import page
from chalicelib.operations.reports.figures import YearCounts
from chalicelib.retention.purge import service as purge
from chalicelib.rights.request.evidence import history_of
from chalicelib.site.pages import year
from chalicelib.staff.disclosures import store as disclosure_store
from infra.ops import standing_in
from infra.ops.__main__ import app
from infra.ops.internal_api import CallRefused, InternalApi
from infra.ops.reports import archive as report_zip
from infra.ops.reports import pack as report_pack
from infra.ops.reports import reader
from infra.ops.reports.archive import writing
from infra.ops.reports.commands import json_of_exact_year
from tests.support.cases import breaches, complaints
from tests.support.cases.disclosures import a_danger, an_approved_order
from tests.support.clouds.environment import REGION
from tests.support.pages import site
from tests.support.patches import fail_at
from tests.support.world.commands import Commands, Ran, Wire
from tests.support.world.ledger import checkpoint, create_archive, overwrite
from tests.support.world.world import World

PERIOD = ("--from", "2026-11-01", "--to", "2026-11-24")


@pytest.fixture
def run(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> Commands:
    create_archive()
    monkeypatch.setattr(standing_in, "act_as", lambda *_: None)
    return Commands("report", wire)


@pytest.fixture
def asked(world: World) -> list[str]:
    """The ids of three requests, of which one is refused."""
    alice, bob = world.an_operator("alice"), world.an_operator("bob")
    days = ("2026-11-03", "2026-11-10", "2026-11-24")
    ids = [alice.enters(world.a_user().user_id, on=day).json["rights_request_id"] for day in days]
    assert alice.proposes(ids[0], "refused", "JustificationA12ManifestlyExcessive").status == 200
    assert bob.approves(ids[0]).status == 200
    return ids


Make = Callable[..., tuple[Ran, Path]]


@pytest.fixture
def make(run: Commands, tmp_path: Path) -> Make:
    def making(name: str = "pack.zip", *more: str) -> tuple[Ran, Path]:
        out = tmp_path / name
        return run("alice", "pack", *PERIOD, "--out", str(out), *more), out

    return making


def verify(path: Path, *more: str) -> tuple[int, list[str]]:
    done = CliRunner().invoke(app, ["report", "verify", str(path), *more])
    return done.exit_code, done.output.splitlines()


def read(path: Path, name: str) -> Any:
    with zipfile.ZipFile(path) as archive:
        text = archive.read(name).decode()
    return list(csv.DictReader(io.StringIO(text))) if name.endswith(".csv") else json.loads(text)


def packed(path: Path, **files: str) -> None:
    """Write a pack of these files."""
    with writing(path) as pack:
        for name, text in files.items():
            pack.add(name, "a file", [text])
        pack.finish({"stage": "staging"})


@pytest.mark.promise("RGT-10")
def test_pack_has_each_file_with_its_hash_and_the_log_of_the_period(
    world: World, make: Make, asked: list[str]
) -> None:
    purge.run(clock.now(), clock.now() + clock.HOUR)
    checkpoint(world)
    done, out = make()
    assert done.exit_code == 0, done.output
    assert verify(out)[0] == 0
    manifest = read(out, "manifest.json")
    assert [one["path"] for one in manifest["files"]] == [
        "00-read-me-first.html", "record-of-processing.json", "record-of-processing.csv", "recipients.json",
        "retention.json", "notices.json", "rights-log.csv", "certificates.csv", "rights-summary.json",
        "breaches.json", "complaints.json", "disclosures.json", "ledger.json",
    ]  # fmt: skip
    assert manifest["period"] == {"first": "2026-11-01", "last": "2026-11-24", "zone": "Europe/Belgrade"}
    log = read(out, "rights-log.csv")
    assert [(one["reference"], one["outcome"], one["received_on"]) for one in log] == [
        (asked[0], "refused", "2026-11-03"),
        (asked[1], "received", "2026-11-10"),
        (asked[2], "received", "2026-11-24"),
    ]
    assert (log[0]["reason"], log[0]["answered_on"]) == ("JustificationA12ManifestlyExcessive", "2026-11-24")
    assert read(out, "retention.json")["expired_items_left"] == 0
    ledger = read(out, "ledger.json")
    assert (ledger["findings"], ledger["newest_checkpoint"]["number"]) == ([], 1)
    assert ledger["requests"] == {"in_period": 3, "verified": 3, "every": 1}
    # Of three requests, and of 25 days of the purge: in UTC the period begins on the 31st of October.
    assert ledger["chains"] == {"verified": 3 + 25, "covered_by_a_checkpoint": 3 + 1}


def cover(path: Path) -> str:
    """Return the text of the first page, which the ZIP names first; | stands between its elements."""
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist()[0] == "00-read-me-first.html"
        html = archive.read("00-read-me-first.html").decode()
    return unescape(re.sub(r"(\s*(<style>.*?</style>|<[^>]+>)\s*)+", "|", html, flags=re.DOTALL))


def test_first_page_of_a_pack_names_each_file_with_its_entries(make: Make, asked: list[str]) -> None:
    _, out = make()
    page, manifest = cover(out), read(out, "manifest.json")
    for one in manifest["files"][1:]:
        assert f"|{one['path']}|{one['what']}|" in page
    log = read(out, "rights-log.csv")
    assert f"|rights-log.csv|the requests received in the period|{len(log)}|" in page
    kinds = len(read(out, "record-of-processing.json")["processing"])
    assert f"|record-of-processing.csv|the same, for spreadsheets|{kinds}|" in page
    for fact in ("controller", "stage", "version", "report"):
        assert f"|{manifest[fact]}|" in page
    assert "|1 November 2026 to 24 November 2026, both included" in page
    assert "|Findings of the Ledger|none|" in page
    assert "Faults" not in page


def test_first_page_begins_with_findings_and_records_that_were_altered(
    world: World, make: Make, asked: list[str]
) -> None:
    checkpoint(world)
    overwrite(history_of(RightsRequestId(asked[1])), 1, payload="{}")
    table.write(
        Change(breach_store.key(BreachId(breaches.opens(world.an_operator("alice")))), put={"sealed": b"x"})
    )
    page = cover(make()[1])
    assert page.index("|Faults|") < page.index("|Controller|")
    assert f"Tampered: chain rights#{asked[1]}" in page
    assert "cannot be read: 1|" in page


def test_first_page_says_when_only_some_evidence_was_verified(make: Make, asked: list[str]) -> None:
    page = cover(make("pack.zip", "--evidence", "2")[1])
    assert "|of 2 requests, one of every 2 in the order of receipt|" in page


@pytest.mark.promise("SEC-1")
def test_pack_names_no_person_no_account_and_no_staff(world: World, make: Make) -> None:
    mila, alice = world.a_user(), world.an_operator("alice")
    asked: dict[str, Any] = {"changes": {"session_device": "none"}, "reason": "Because of Vuk"}
    alice.enters(mila.user_id, "rectification", **asked)
    done, out = make()
    assert done.exit_code == 0, done.output
    with zipfile.ZipFile(out) as archive:
        whole = b"".join(archive.read(name) for name in archive.namelist()).decode()
    for secret in (mila.user_id, mila.account_id, "Vuk", alice.staff_id, "user/alice"):
        assert secret not in whole


@pytest.mark.promise("NOT-3", "SEC-4")
def test_pack_counts_disclosures_and_lists_breaches_without_their_texts(world: World, make: Make) -> None:
    alice, bob, mila = world.an_operator("alice"), world.an_operator("bob"), world.a_user()
    disclosed = an_approved_order(alice, bob, mila)
    assert alice.proposes_disclosure(a_danger(mila.user_id)).status == 201
    opened = breaches.opens(alice)
    _, out = make()
    by_ground = read(out, "disclosures.json")["by_ground"]
    assert by_ground["court_order"] == {"approved": 1, "given": 0, "secret_now": 0}
    assert by_ground["danger_to_people"] == {"given": 0, "proposed": 1, "secret_now": 0}
    (breach,) = read(out, "breaches.json")["items"]
    assert (breach["id"], breach["authorities"][0]["country"]) == (opened, "RS")
    text = json.dumps([read(out, name) for name in ("disclosures.json", "breaches.json")])
    assert not [word for word in (disclosed, mila.user_id, "what", "opened_by") if f'"{word}"' in text]


def test_pack_lists_complaints_of_the_period_without_their_texts(
    world: World, make: Make, asked: list[str]
) -> None:
    alice, bob, carla = (world.an_operator(name) for name in ("alice", "ana", "carla"))
    decided = complaints.records(alice, asked[1]).json["id"]
    complaints.decides(bob, carla, decided)
    open_one = complaints.records(alice, asked[1], **complaints.LETTER, received_on="2026-11-12").json["id"]
    before = alice.enters(world.a_user().user_id, on="2026-10-26").json["rights_request_id"]
    assert complaints.records(alice, before, received_on="2026-10-30").status == 201
    _, out = make()
    found = read(out, "complaints.json")
    assert [(one["id"], one.get("outcome")) for one in found["items"]] == [
        (open_one, None),
        (decided, "upheld"),
    ]
    assert "Commissioner" not in json.dumps(found)


@pytest.mark.promise("SEC-4")
def test_pack_states_which_breaches_and_how_many_disclosures_were_altered(world: World, make: Make) -> None:
    alice, bob, mila = world.an_operator("alice"), world.an_operator("bob"), world.a_user()
    order, breach = DisclosureId(an_approved_order(alice, bob, mila)), BreachId(breaches.opens(alice))
    for key in (disclosure_store.key(AccountId(mila.account_id), order), breach_store.key(breach)):
        table.write(Change(key, put={"sealed": b"altered"}))
    done, out = make()
    assert read(out, "breaches.json") == {"items": [], "unreadable": [breach]}
    assert read(out, "disclosures.json") == {"by_ground": {}, "unreadable": 1}
    assert read(out, "rights-summary.json")["unreadable"] == []
    assert "2 records cannot be read" in " ".join(done.output.split())


def test_altered_evidence_is_a_finding_in_the_pack_and_in_the_exit_status(
    world: World, make: Make, asked: list[str]
) -> None:
    checkpoint(world)
    overwrite(history_of(RightsRequestId(asked[1])), 1, payload="{}")
    done, out = make()
    assert done.exit_code == 3
    assert any(
        one.startswith(f"Tampered: chain rights#{asked[1]}") for one in read(out, "ledger.json")["findings"]
    )
    assert verify(out)[0] == 0


def test_evidence_of_at_most_the_wanted_number_of_requests_is_verified(make: Make, asked: list[str]) -> None:
    _, out = make("pack.zip", "--evidence", "2")
    assert read(out, "ledger.json")["requests"] == {"in_period": 3, "verified": 2, "every": 2}


@pytest.mark.promise("RGT-10")
def test_proof_of_a_pack_is_made_after_a_checkpoint_and_verified_offline(
    world: World, run: Commands, make: Make, tmp_path: Path
) -> None:
    done, pack = make()
    sha256, proof = report_zip.verify(pack).sha256, tmp_path / "proof.json"
    assert str(sha256) in done.output
    assert prove(pack, proof) == (
        1,
        ["refused: no checkpoint covers the pack yet. Repeat the command in two hours."],
    )
    checkpoint(world)
    assert prove(pack, proof)[0] == 0
    code, lines = verify(pack, "--proof", str(proof))
    assert (code, len(lines)) == (0, 2)
    assert "checkpoint 1, signed by the key" in lines[1]
    made = json.loads(proof.read_text())
    assert "by" not in json.loads(made["entries"][0]["payload"])
    other = {**made, "statement": {**made["statement"], "until": 1}}
    proof.write_text(json.dumps(other))
    assert verify(pack, "--proof", str(proof)) == (3, ["proof: its key did not sign it"])
    for broken in ("", "{}", json.dumps({**made, "entries": []}), json.dumps({**made, "siblings": ["x"]})):
        proof.write_text(broken)
        assert verify(pack, "--proof", str(proof)) == (3, ["proof: not a proof of a pack, or altered"])


def test_forged_manifest_has_no_proof(world: World, make: Make, tmp_path: Path) -> None:
    _, pack = make()
    checkpoint(world)
    assert prove(pack, proof := tmp_path / "proof.json")[0] == 0
    manifest = read(pack, "manifest.json") | {"made_at": "2020-01-01T00:00:00Z"}
    forged = tmp_path / "forged.zip"
    with zipfile.ZipFile(pack) as old, zipfile.ZipFile(forged, "w") as new:
        for name in old.namelist():
            new.writestr(name, json.dumps(manifest) if name == "manifest.json" else old.read(name))
    assert verify(forged)[0] == 0
    assert verify(forged, "--proof", str(proof)) == (3, ["proof: of another manifest"])
    assert prove(forged, tmp_path / "other.json")[0] == 1
    overwrite(Chain("report", manifest["report"]), 2, payload="{}")
    assert prove(pack, tmp_path / "third.json")[1][0].endswith("in the Ledger was altered")


def test_manifest_without_stage_or_report_is_refused_in_one_line(
    world: World, make: Make, tmp_path: Path
) -> None:
    _, pack = make()
    for name in ("stage", "report"):
        with zipfile.ZipFile(tmp_path / f"{name}.zip", "w") as new, zipfile.ZipFile(pack) as old:
            manifest = {key: value for key, value in read(pack, "manifest.json").items() if key != name}
            for file in old.namelist():
                new.writestr(file, json.dumps(manifest) if file == "manifest.json" else old.read(file))
        status, lines = prove(tmp_path / f"{name}.zip", tmp_path / "proof.json")
        assert (status, len(lines)) == (1, 1)
        assert f"names no {name}" in lines[0]


def prove(pack: Path, proof: Path) -> tuple[int, list[str]]:
    words = ["report", "prove", str(pack), "--out", str(proof), "--region", REGION]
    done = CliRunner().invoke(app, words)
    return done.exit_code, done.output.splitlines()


def test_equal_contents_give_equal_bytes(tmp_path: Path, world: World) -> None:
    packed(tmp_path / "a.zip", one="1", two="2")
    world.advance(clock.DAY)
    packed(tmp_path / "b.zip", one="1", two="2")
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_each_fault_of_a_pack_is_named_in_one_line(tmp_path: Path) -> None:
    packed(whole := tmp_path / "whole.zip", kept="kept", altered="before", missing="gone")
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(tmp_path / "bad.zip", "w") as new:
        for name in ("kept", "manifest.json"):
            new.writestr(name, old.read(name))
        new.writestr("altered", "after")
        new.writestr("added", "new")
    code, lines = verify(tmp_path / "bad.zip")
    assert (code, [line.split(":")[0] for line in lines]) == (3, ["altered", "missing", "added"])
    assert [line.split(":")[1].strip() for line in lines] == ["altered", "missing", "not in the manifest"]


def test_damaged_compressed_file_is_a_fault(tmp_path: Path) -> None:
    packed(whole := tmp_path / "whole.zip", one="a text that is packed " * 9)
    bad = tmp_path / "bad.zip"
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(bad, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
        place = len(new.getinfo("one").FileHeader())
    written = bytearray(bad.read_bytes())
    written[place : place + 2] = b"\xff\xff"
    bad.write_bytes(written)
    code, lines = verify(bad)
    assert (code, [line.split(":")[0] for line in lines]) == (3, ["one"])


def test_altered_byte_of_any_file_is_found(tmp_path: Path) -> None:
    packed(pack := tmp_path / "pack.zip", one="a text that is packed", two="another")
    written = pack.read_bytes()
    for text in (b"a text", b"another", b"staging"):
        place = written.index(text)
        pack.write_bytes(written[:place] + bytes([written[place] ^ 1]) + written[place + 1 :])
        assert verify(pack)[0] == 3
    for broken in (b"", b"no zip", written[:-40]):
        pack.write_bytes(broken)
        assert verify(pack) == (3, ["pack.zip: not a ZIP, or damaged"])


@pytest.mark.parametrize(
    ("event", "said", "left"),
    [
        ("nothing_found", {}, 0),
        ("finished", {"complete": 1, "tables": {"accounts": {"found": 7, "deleted": 7}}}, 0),
        ("finished", {"complete": 1, "tables": {"ledger": {"found": 7, "deleted": 0}}}, 7),
        ("finished", {"complete": 0, "tables": {}}, None),
        ("begun", {}, None),
    ],
)
def test_what_is_left_past_its_end_is_what_the_purge_stated(
    event: str, said: dict[str, Any], left: int | None
) -> None:
    statement = {"day": "2026-11-24", "at": "2026-11-24T12:00:00Z", "event": event, "said": said}
    assert report_pack.retention({"processing": []}, [statement])["expired_items_left"] == left
    assert report_pack.retention({"processing": []}, [])["expired_items_left"] is None


def test_failed_pack_leaves_no_file_and_an_existing_one_is_kept(
    make: Make, tmp_path: Path, wire: Wire
) -> None:
    (tmp_path / "old.zip").write_text("old")
    done, out = make("old.zip")
    assert (done.exit_code, out.read_text(), wire.sent) == (1, "old", [])
    assert done.output == f"refused: {out} exists. Choose another name."
    fail_at(reader.ReportReader, "record_manifest", CallRefused("500 internal_error"))
    assert make("new.zip")[0].exit_code == 1
    assert [path.name for path in tmp_path.iterdir()] == ["old.zip"]


def test_busy_service_makes_a_report_wait_and_go_on(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[object] = []
    monkeypatch.setattr(clock, "pause", pauses.append)
    call, refusals = InternalApi.call, iter(("429 too_many_requests", "503 unavailable"))

    def busy(api: InternalApi, *words: Any) -> Any:
        if refusal := next(refusals, None):
            raise CallRefused(refusal)
        return call(api, *words)

    monkeypatch.setattr(InternalApi, "call", busy)
    assert make()[0].exit_code == 0
    assert len(pauses) == 2


@pytest.mark.promise("RGT-10")
def test_figures_of_a_year_hide_what_is_about_few(
    world: World, run: Commands, asked: list[str], tmp_path: Path
) -> None:
    alice = world.an_operator("alice")
    for _ in range(17):
        alice.enters(world.a_user().user_id)
    lines = run("alice", "year", "2026").output
    assert lines.startswith("2026, up to 2026-11-24.")
    (access, *_) = (line.split() for line in lines.splitlines() if "access" in line)
    assert access == ["access", "20", "0", "0", "-", "0", "-"]  # one was refused, so 19 are open
    written = tmp_path / "year.html"
    assert run("alice", "year", "2026", "--out", str(written)).exit_code == 0
    assert "The year is not over" in written.read_text()
    assert (
        run("alice", "year", "2027").output == "refused: 2027 has not begun. Choose 2026 or an earlier year."
    )


def test_exact_figures_of_a_year_say_that_they_are_not_for_publication(
    run: Commands, asked: list[str]
) -> None:
    lines = run("alice", "year", "2026", "--exact").output
    assert lines.startswith("NOT FOR PUBLICATION: exact figures of 2026, up to 2026-11-24.")
    (access, *_) = (line.split() for line in lines.splitlines() if "access" in line)
    assert access == ["access", "3", "0", "0", "1", "0", "2"]


def test_exact_figures_for_programs_begin_with_the_same_words() -> None:
    shown = json_of_exact_year(YearCounts().exact(2026, date(2026, 11, 24), date(2026, 11, 24)))
    assert next(iter(shown)) == "not_for_publication"
    assert "not_published" not in shown


@pytest.mark.parametrize("words", [("--out", "year.html"), ("--publish",)])
def test_exact_figures_are_never_written_as_the_page(
    run: Commands, wire: Wire, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(year, "FOLDER", tmp_path / "years")
    done = run("alice", "year", "2026", "--exact", *words)
    assert (done.exit_code, list(tmp_path.iterdir()), wire.sent) == (1, [], [])
    assert done.output == "refused: The page is for the public. Leave out --exact, --out and --publish."


@pytest.mark.promise("RGT-10")
def test_published_year_is_on_the_page_of_the_site_in_each_language(
    world: World, run: Commands, asked: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(year, "FOLDER", tmp_path / "years")
    early = run("alice", "year", "2026", "--publish")
    assert early.output == "refused: 2026 is not over, so its figures change. Publish it next year."
    world.advance(timedelta(days=60))
    assert run("alice", "year", "2026", "--publish").exit_code == 0
    for language in Language:
        shown = site.page("/privacy/year", language).markup
        assert page.phrasebook(language)("Privacy at RU4M in {year}", year="2026") in shown
        assert shown.count("</table>") == 4
    again = run("alice", "year", "2026", "--publish")
    assert "exists" in again.output
