"""Runs the commands that a deployment prints, word by word, as an operator would."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Iterator, Sequence
from typing import Any

from botocore import xform_name

from infra.build import ROOT
from infra.deployment.account import AwsAccount

_SERVICES = {"s3api": "s3"}  # where the command line has another name than the API
_TRUTH = {"true": True, "false": False}


def commands_in(line: str) -> list[str]:
    """Return the commands of a line, which stand between backticks."""
    return re.findall("`([^`]+)`", line)


def options_of_make(command: str) -> list[str]:
    """Return the words after `python -m infra.deploy` that a make command runs; this runs nothing."""
    words = shlex.split(command)
    assert words[0] == "make"
    plan = subprocess.run(["make", "-n", *words[1:]], cwd=ROOT, capture_output=True, text=True, check=True)
    (line,) = (one for one in plan.stdout.splitlines() if "-m infra.deploy" in one)
    return shlex.split(line.partition("-m infra.deploy")[2])


def run_aws(account: AwsAccount, command: str) -> None:
    """Make the calls of `aws ... && aws ...`, by the models from which AWS's command line is made.

    Raises:
        KeyError: a service has no such operation, or an operation no such option.
        ClientError: a call is refused.
    """
    for one in command.split(" && "):
        program, service, operation, *options = shlex.split(one)
        assert program == "aws"
        client = account.client(_SERVICES.get(service, service))
        method = operation.replace("-", "_")
        name = client.meta.method_to_api_mapping[method]
        shape = client.meta.service_model.operation_model(name).input_shape
        members = {xform_name(one, "-"): (one, member) for one, member in shape.members.items()}
        *options, region = options
        assert region == account.region  # not that of the operator's profile
        assert options.pop() == "--region"
        getattr(client, method)(**dict(_arguments(members, options)))


def _arguments(members: dict[str, Any], options: Sequence[str]) -> Iterator[tuple[str, Any]]:
    words = list(options)
    while words:
        option = words.pop(0).removeprefix("--")
        is_off = option.startswith("no-") and option not in members
        name, member = members[option.removeprefix("no-") if is_off else option]
        if member.type_name == "boolean":
            yield name, not is_off
        elif member.type_name == "structure":
            pairs = (pair.split("=") for pair in words.pop(0).split(","))
            yield name, {key: _TRUTH.get(value, value) for key, value in pairs}
        else:
            yield name, words.pop(0)
