"""`python -m infra.guards`: fails at a finding without an exception, and the reverse."""

from __future__ import annotations

import json
import sys

from rich.console import Console

import app  # noqa: F401 - registers every group's routes
from chalicelib.core import clock
from infra import openapi
from infra.build import ROOT, build
from infra.guards.compatible import check_contract
from infra.guards.contract import lint_contract
from infra.guards.findings import STACKS, accepted_rules, lint, scan, unaccepted, unused
from infra.guards.quotas import judge, translate


def main() -> None:
    """Print what is wrong, a line each; exit with status 1 if anything is."""
    console = Console(soft_wrap=True, markup=False, highlight=False)
    templates = [build().template(stack) for stack in STACKS]
    of_quotas = (one for template in templates for one in judge(translate(template)))
    compared = check_contract(ROOT, json.loads(openapi.text()), clock.now().date())
    found = [*lint(templates), *scan(templates), *of_quotas, *lint_contract(openapi.PLACE), *compared]
    rules = accepted_rules()
    new, old = unaccepted(found, rules), unused(found, rules)
    for one in new:
        console.print(f"{one.kind} {one.rule} {one.resource}: {one.text}")
    for name in old:
        console.print(f"{name}: this exception finds nothing any more; delete it from exceptions.toml")
    console.print(
        f"{len(found)} findings, {len(found) - len(new)} of them accepted by {len(rules)} exceptions"
    )
    sys.exit(1 if new or old else 0)


if __name__ == "__main__":
    main()
