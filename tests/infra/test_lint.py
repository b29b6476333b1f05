"""cfn-lint with the serverless rules over all three stacks."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from infra.build import Package

# Reasons for ignored findings. A reason that no longer applies has to be removed: see the second assertion.
EXCEPTIONS = {
    "WS1000": "no X-Ray: traces would carry paths and callers",
    "WS2002": "the same for the API",
    "WS1004": "log groups are named, not derived from the function, which would be a cycle",
    "ES1007": "no job that runs by the clock needs its event kept: the next run does all of it",
    "ES4000": "the same: alarms on what they make say when none gets through",
    "ES6000": "the queue of failures is itself the place where failures go",
}


def test_templates_pass_the_serverless_rules(package: Package) -> None:
    run = subprocess.run(
        [
            str(Path(sys.executable).with_name("cfn-lint")),
            *("--format", "json", "--append-rules", "cfn_lint_serverless.rules", "--"),
            *(str(package.template(stack)) for stack in ("vault", "data", "service")),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    found = {m["Rule"]["Id"]: m["Message"] for m in json.loads(run.stdout)}
    assert {rule: text for rule, text in found.items() if rule not in EXCEPTIONS} == {}
    assert found.keys() == EXCEPTIONS.keys()
