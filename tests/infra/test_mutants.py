"""Mutants: where they change the code, what their runs show, and which of them a change tries."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import pytest

from infra.mutants import catalogue, plugin, results, runs, selection
from infra.mutants.copies import ROOT, Copy, copied
from infra.mutants.model import Mutant, Verdict
from infra.mutants.places import NoSuchText, mutated
from infra.mutants.results import Result, Results
from infra.mutants.runs import Run
from infra.mutants.trials import CannotJudge, Pool, Trial, TrialPlan, Trials

PROMISE = "RET-2"

CODE = '''"""A period, and who may read after it."""

import subprocess, sys, time
from functools import cache

DAYS = 7


@cache
def days() -> int:
    return DAYS


class Reader:
    def may_read(self, age: int) -> bool:
        return age < days()

    def may_write(self, age: int) -> bool:
        return age < 7
'''

TESTS = """
import pytest
import period

pytestmark = pytest.mark.promise("RET-2")

def test_days():
    assert period.days() == 7

def test_reader():
    assert period.Reader().may_read(6)
"""

OTHER_TESTS = """
import pytest
import period

def test_writer_unmarked():
    assert not period.Reader().may_write(7)

@pytest.mark.promise("RET-1")
def test_red():
    assert period.days() == 8

@pytest.mark.promise("RET-4")
@pytest.mark.skip(reason="needs a tool")
def test_skipped():
    assert False
"""

TEST = "tests/unit/test_period.py"


def a_mutant(
    name: str, find: str, replace: str, place: str = "period:Reader", promise: str = PROMISE
) -> Mutant:
    return Mutant(name=name, promise=promise, place=place, find=find, replace=replace, harm="A person waits.")


# What each of them does when the tests run.
CHANGES = {
    Verdict.DEAD: "age < days() - 7",
    Verdict.SURVIVED: "age <= days() or age > 9",
    Verdict.BROKEN: "age < days() / 0",
    Verdict.TIMED_OUT: "time.sleep(99)",
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of one module, with the plugin that runs its tests."""
    root = tmp_path_factory.mktemp("project")
    (root / "period.py").write_text(CODE)
    (root / "other.yaml").write_text("days: 7\n")
    (root / ".gitignore").write_text("__pycache__\n.local\n")
    (root / "pytest.ini").write_text("[pytest]\npythonpath = .\nmarkers = promise(id): proves it\n")
    (root / "tests" / "unit").mkdir(parents=True)
    (root / "tests" / "unit" / "test_period.py").write_text(TESTS)
    (root / "tests" / "unit" / "test_other.py").write_text(OTHER_TESTS)
    shutil.copytree(ROOT / "infra" / "mutants", root / "infra" / "mutants")
    shutil.copy(ROOT / "infra" / "__init__.py", root / "infra")
    for words in (
        ["init", "-q"],
        ["add", "-A"],
        ["-c", "user.name=t", "-c", "user.email=t@t", "commit", "-qm", "x"],
    ):
        subprocess.run(["git", *words], cwd=root, check=True)
    return root


@pytest.fixture(scope="module")
def copy(project: Path) -> Iterator[Copy]:
    with copied(project) as made:
        yield made


PROOFS = {
    PROMISE: [f"{TEST}::test_days", f"{TEST}::test_reader"],
    "RET-1": ["tests/unit/test_other.py::test_red"],
    "RET-4": ["tests/unit/test_other.py::test_skipped"],
}


@dataclass
class Tried:
    """What trials reported, by the name of the mutant, and why some promises could not be judged."""

    trials: dict[str, Trial] = field(default_factory=dict)
    refused: str = ""

    def run_of(self, mutant: str) -> Run:
        return self.trials[mutant].run


def try_mutants(copy: Copy, *mutants: Mutant, first: Mapping[Mutant, str] = MappingProxyType({})) -> Tried:
    tried = Tried()

    def report(trial: Trial) -> None:
        tried.trials[trial.mutant.name] = trial

    with Pool([copy]) as pool:
        try:
            Trials(TrialPlan(PROOFS, ["unit"], "", first), pool, report).of(mutants)
        except CannotJudge as error:
            tried.refused = str(error)
    return tried


# A program that leaves the process group of its run.
CHILD = "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(99)'], start_new_session=True).pid"

needs_proc = pytest.mark.skipif(
    not Path("/proc/self/environ").exists(), reason="this system does not show the variables of a process"
)


@pytest.fixture(scope="module")
def tried(copy: Copy, tmp_path_factory: pytest.TempPathFactory) -> Tried:
    """The trials of all mutants of this file: together, because each needs runs of the unchanged code."""
    outside = tmp_path_factory.mktemp("outside") / "file"
    changed = {verdict: a_mutant(verdict, "age < days()", change) for verdict, change in CHANGES.items()}
    longer = a_mutant("longer", "DAYS = 7", "DAYS = 8", place="period:DAYS")
    reader = a_mutant("reader", "age < days()", "age > days()")
    mutants = [
        *(one for verdict, one in changed.items() if verdict is not Verdict.TIMED_OUT),
        *(longer, reader),
        a_mutant("unmarked", "age < 7", "age < 8"),
        a_mutant("outside", "age < days()", f"open({str(outside)!r}, 'w')"),
        a_mutant("process", "age < days()", f"open('.local/pid', 'w').write(str({CHILD}))"),
        *(a_mutant(name, "age < days()", "False", promise=name) for name in ("RET-1", "RET-3", "RET-4")),
    ]
    with pytest.MonkeyPatch.context() as patch:
        # pytest then starts in half of the time: of its plugins only the one that a run names is needed.
        patch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
        patch.setenv("PYTEST_PLUGINS", "xdist.plugin")
        patch.setattr(runs, "_GRACE", 0.1)
        found = try_mutants(copy, *mutants, first=dict.fromkeys((longer, reader), f"{TEST}::test_days"))
        # Only the run that hangs gets a short limit: on a busy machine the others may take longer.
        patch.setattr("infra.mutants.trials.LEAST", 1.0)
        patch.setattr("infra.mutants.trials.PATIENCE", 1)
        found.trials |= try_mutants(copy, changed[Verdict.TIMED_OUT]).trials
    assert not outside.exists()
    return found


@pytest.mark.parametrize("verdict", CHANGES)
def test_run_of_a_mutant_shows_its_verdict(tried: Tried, verdict: Verdict) -> None:
    assert tried.run_of(verdict).verdict is verdict


def test_test_that_noticed_a_mutant_is_named(tried: Tried) -> None:
    assert tried.run_of(Verdict.DEAD).test == f"{TEST}::test_reader"


def test_mutant_that_only_unmarked_tests_notice_survives(tried: Tried) -> None:
    assert tried.run_of("unmarked").verdict is Verdict.SURVIVED


def test_mutant_that_writes_outside_its_copy_is_ended(tried: Tried) -> None:
    assert tried.run_of("outside").verdict is Verdict.ESCAPED
    assert tried.run_of("outside").detail.startswith("wrote ")


@pytest.mark.parametrize("path", ["/copy", "/copy/.coverage"])
def test_copy_and_what_is_in_it_may_be_changed(path: str) -> None:
    assert plugin._inside(path, "/copy")


def test_folder_whose_name_begins_like_the_copy_is_outside() -> None:
    assert not plugin._inside("/copy2/file", "/copy")


@needs_proc
def test_process_that_outlives_its_run_is_reported_and_ended(tried: Tried, copy: Copy) -> None:
    assert tried.run_of("process").verdict is Verdict.ESCAPED
    state = Path("/proc") / (copy.root / ".local" / "pid").read_text() / "stat"
    assert not state.exists() or state.read_text().split()[2] == "Z"  # dead, and not yet collected by init


def test_copy_is_as_before_after_each_run(tried: Tried, copy: Copy) -> None:
    assert len(tried.trials) == len(CHANGES) + 5
    assert (copy.root / "period.py").read_text() == CODE


def test_change_of_equal_length_in_one_second_is_noticed(tried: Tried) -> None:
    assert tried.run_of("longer").verdict is Verdict.DEAD


def test_mutant_that_the_first_test_misses_is_tried_on_all(tried: Tried) -> None:
    assert tried.run_of("longer").test == f"{TEST}::test_days"
    assert tried.run_of("reader").test == f"{TEST}::test_reader"


def test_promises_without_a_green_test_are_named_and_the_others_tried(tried: Tried) -> None:
    assert sorted(tried.refused.splitlines()) == [
        "RET-1: the unchanged code fails tests/unit/test_other.py::test_red: AssertionError in its call",
        "RET-3: no test of unit is marked with it",
        "RET-4: no test ran; all were skipped",
    ]
    assert {trial.mutant.promise for trial in tried.trials.values()} == {PROMISE}


class TestPlaces:
    @pytest.mark.parametrize(
        ("place", "find", "replace"),
        [
            ("period:DAYS", "7", "8"),
            ("period:days", "@cache\n", ""),
            ("period:Reader.may_write", "age < 7", "age < 8"),
            ("other.yaml", "7", "8"),
        ],
    )
    def test_text_is_replaced_in_its_place(self, project: Path, place: str, find: str, replace: str) -> None:
        before = project / ("other.yaml" if place == "other.yaml" else "period.py")
        after = mutated(a_mutant("any", find, replace, place), project).decode()
        assert len(set(before.read_text().splitlines()) - set(after.splitlines())) == 1

    @pytest.mark.parametrize(
        ("place", "find", "replace"),
        [
            ("nowhere:DAYS", "7", "8"),
            ("period:NIGHTS", "7", "8"),
            ("period:Reader.may_sing", "7", "8"),
            ("period:Reader", "age <", "age >"),  # twice
            ("period:days", "age", "days"),  # elsewhere only
            ("period:DAYS", "7", "7"),
        ],
    )
    def test_text_that_is_not_there_once_is_refused(
        self, project: Path, place: str, find: str, replace: str
    ) -> None:
        with pytest.raises(NoSuchText):
            mutated(a_mutant("any", find, replace, place), project)

    def test_text_that_is_no_python_is_refused(self, project: Path) -> None:
        with pytest.raises(SyntaxError):
            mutated(a_mutant("any", "return age < 7", "return age <", "period:Reader.may_write"), project)


class TestList:
    def test_mutant_whose_text_is_gone_is_a_fault(self) -> None:
        gone = a_mutant("gone", "no such text", "", "chalicelib.core.clock:now")
        assert any("no such text" in fault for fault in catalogue.faults([gone]))

    def test_kept_promise_with_too_few_mutants_is_a_fault(self) -> None:
        fewer = [one for one in catalogue.mutants() if one.promise != "SEC-1"]
        assert "SEC-1: 0 mutants; a kept promise has 6" in list(catalogue.lacking(fewer))

    @pytest.mark.parametrize(
        ("expect", "why"), [(Verdict.BROKEN, ""), (Verdict.SURVIVED, "no test"), (Verdict.DEAD, "a reason")]
    )
    def test_verdict_needs_a_judgement(self, expect: Verdict, why: str) -> None:
        with pytest.raises(ValueError, match="expects"):
            Mutant(name="x", promise=PROMISE, place="x", find="", replace="", harm="", expect=expect, why=why)


class TestSelection:
    @pytest.fixture
    def repository(self, project: Path, tmp_path: Path) -> Path:
        return Path(shutil.copytree(project, tmp_path / "repository"))

    def known(self, *mutants: Mutant) -> Results:
        dead = Result(Verdict.DEAD, f"{TEST}::test_days", expected=True)
        return Results("", "", {results.key(one): dead for one in mutants})

    @pytest.mark.parametrize("changed", ["period.py", TEST])
    def test_mutants_of_what_changed_are_chosen(self, repository: Path, changed: str) -> None:
        own, other = a_mutant("own", "age < 7", ""), a_mutant("other", "7", "8", "other.yaml")
        (repository / changed).write_text("# changed")
        known = self.known(own, other)
        known.by_name[results.key(other)] = Result(Verdict.DEAD, "tests/unit/test_other.py::x", expected=True)
        chosen = selection.of_change([own, other], known, "HEAD", 1, repository)
        assert chosen.mutants == [own]

    def test_mutant_without_a_result_is_chosen(self, repository: Path) -> None:
        old, new = a_mutant("old", "age < 7", ""), a_mutant("new", "7", "8", "other.yaml")
        assert selection.of_change([old, new], self.known(old), "HEAD", 1, repository).mutants == [new]

    @pytest.mark.parametrize("since", ["HEAD", "0" * 40, ""])
    def test_sample_of_all_is_chosen_by_seed_if_nothing_else_is(self, repository: Path, since: str) -> None:
        mutants = [a_mutant(f"m{n}", "age < 7", "") for n in range(50)]
        first, again, other = (
            selection.of_change(mutants, self.known(*mutants), since, seed, repository).mutants
            for seed in (1, 1, 2)
        )
        assert first == again != other
        assert len(first) == selection.MOST
