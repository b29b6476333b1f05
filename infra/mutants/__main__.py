"""`python -m infra.mutants`: tries the mutants of what changed; see `--help`."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console

from infra import promises
from infra.mutants import catalogue, random_mutants, results, sample, selection
from infra.mutants.catalogue import ROOT
from infra.mutants.model import Mutant, Verdict
from infra.mutants.trials import AT_NIGHT, BY_DAY, CannotJudge, Trial, TrialPlan, Trials, pool

app = typer.Typer(add_completion=False, help=__doc__)
console = Console(soft_wrap=True, markup=False, highlight=False)


@app.command()
def check() -> None:
    """Check the list: enough mutants of each kept promise, and each one's text is there exactly once."""
    listed = catalogue.mutants()
    faults = [*catalogue.lacking(listed), *catalogue.faults(listed)]
    for fault in faults:
        console.print(fault)
    raise typer.Exit(1 if faults else 0)


@app.command()
def change(
    since: Annotated[str, typer.Option(help="a commit; else that of the last run of all")] = "",
    seed: Annotated[int | None, typer.Option(help="of the sample; else by the commit")] = None,
    workers: int = 2,
) -> None:
    """Try the mutants of what changed since a commit, at most 20."""
    seed = _seed(seed)
    known = results.read()
    listed = catalogue.mutants()
    chosen = selection.of_change(listed, known, since or known.commit, seed, ROOT)
    console.print(f"{len(chosen.mutants)} of {len(listed)} mutants, seed {seed}: {chosen.reason}")
    _finish(_try(chosen.mutants, known, workers, BY_DAY), known)


@app.command(name="all")
def everything(workers: int = 2) -> None:
    """Try all mutants on the tests of `make test`; write the results to docs/mutants.json."""
    commit = selection.head(ROOT) + ("-dirty" if selection.dirty(ROOT) else "")
    known = results.read()
    trials = _try(catalogue.mutants(), known, workers, BY_DAY)
    found = [(one.mutant, results.Result(one.run.verdict, one.run.test, one.expected)) for one in trials]
    results.write(commit, datetime.now(UTC).date().isoformat(), found)
    _finish(trials, known)


@app.command()
def night(workers: int = 2) -> None:
    """Try all mutants, also on the tests that start emulators and the proofs."""
    known = results.read()
    _finish(_try(catalogue.mutants(), known, workers, AT_NIGHT), known)


@app.command()
def only(names: list[str], workers: int = 2) -> None:
    """Try the mutants of some promises, or some mutants: `RGT-3` or `"RGT-3 name"`."""
    listed = catalogue.mutants()
    names_of = {one: {one.promise, results.key(one)} for one in listed}
    if unknown := set(names).difference(*names_of.values()):
        raise typer.BadParameter(f"no promise with mutants, and no mutant: {', '.join(sorted(unknown))}")
    known = results.read()
    chosen = [one for one in listed if names_of[one] & set(names)]
    _finish(_try(chosen, known, workers, BY_DAY), known)


@app.command(name="random")
def random_ones(
    seed: Annotated[int | None, typer.Option(help="of the sample; else by the commit")] = None,
    count: int = 60,
    workers: int = 2,
) -> None:
    """Try random mutants of functions that marked tests execute, and print the share killed.

    Survivors are printed for a person to read. They are no failure: many are equivalent.
    """
    seed = _seed(seed)
    begun = time.monotonic()
    with pool(workers) as made:
        try:
            known = random_mutants.measured(made)
        except CannotJudge as error:
            console.print(str(error))
            raise typer.Exit(1) from None
        console.print(f"{len(known.functions)} functions, {len(known.durations)} tests, ", end="")
        console.print(f"{time.monotonic() - begun:.0f} s")
        chosen = list(sample.chosen(known.functions, random_mutants.CosmicRay(), seed, count))
        trials = random_mutants.tried(chosen, known, seed, made.each, _print_random)
    survivors = [one for one, trial in trials if trial.run.verdict not in random_mutants.KILLED]
    for one in survivors:
        console.print(random_mutants.survivor(one))
    killed = len(trials) - len(survivors)
    console.print(
        f"{killed} of {len(trials)} killed ({killed / max(1, len(trials)):.0%}), seed {seed}, ", end=""
    )
    console.print(f"{time.monotonic() - begun:.0f} s")
    raise typer.Exit(0 if trials else 1)


def _seed(given: int | None) -> int:
    """Return the seed that was given, else one by the commit."""
    return int(selection.head(ROOT)[:8], 16) if given is None else given


def _print_random(trial: Trial) -> None:
    console.print(f"{trial.mutant.name}: {trial.run.verdict} {trial.run.test} ({trial.run.seconds:.0f} s)")


def _try(
    mutants: Sequence[Mutant], known: results.Results, workers: int, suites: tuple[str, ...]
) -> list[Trial]:
    """Try mutants and print a line of each."""
    if faults := list(catalogue.faults(mutants)):
        for fault in faults:
            console.print(fault)
        raise typer.Exit(1)
    first = {one: result.test for one in mutants if (result := known.of(one)) is not None}
    plan = TrialPlan(promises.proofs(), suites, "" if suites == AT_NIGHT else "not proof", first)
    begun = time.monotonic()
    try:
        with pool(workers) as made:
            trials = Trials(plan, made, _print).of(mutants)
    except CannotJudge as error:
        console.print(str(error))
        raise typer.Exit(1) from None
    console.print(f"{len([t for t in trials if t.expected])} of {len(trials)} as expected, ", end="")
    console.print(f"{time.monotonic() - begun:.0f} s")
    return trials


def _print(trial: Trial) -> None:
    mutant, run = trial.mutant, trial.run
    mark = "" if trial.expected else "NOT EXPECTED: "
    by = f"by {run.test} " if run.test else ""
    console.print(f"{mark}{results.key(mutant)}: {run.verdict} {by}({run.seconds:.0f} s)")


def _finish(trials: list[Trial], known: results.Results) -> None:
    """Say what to do about each that ended unexpectedly; exit with status 1 if there is one, or no trial."""
    unexpected = [trial for trial in trials if not trial.expected]
    for trial in unexpected:
        mutant, run = trial.mutant, trial.run
        console.print(f"\n{results.key(mutant)}: {run.verdict}, expected {mutant.expect}")
        console.print(f"  {mutant.place}: {mutant.harm}")
        if run.detail:
            console.print(f"  {run.detail}")
        if run.verdict is Verdict.SURVIVED:
            console.print(f"  {run.ran} tests with the mark {mutant.promise} ran, and none failed.", end=" ")
            before = known.of(mutant)
            console.print(f"{before.test} noticed it before." if before else "No run noticed it before.")
            console.print("  Restore that test, or add one with the mark.")
    raise typer.Exit(1 if unexpected or not trials else 0)


if __name__ == "__main__":
    app()
