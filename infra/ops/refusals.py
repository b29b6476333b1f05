"""What a failed command says: one line that names the remedy, on stderr, and an exit status.

`refused` lists the statuses. No operator sees a traceback, unless RU4M_DEBUG is set.
"""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import typer
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOError,
)
from typer.core import TyperGroup

from chalicelib.privacy.rewrites import NotMigratable, NotRedatable
from infra.deployment.account import RegionError, is_absent
from infra.ops.operator_console import complain
from infra.ops.refused import FAILED, SIGN_IN, USAGE, CommandRefused
from infra.ops.scheduled import RunFailed

DEBUG = "RU4M_DEBUG"
# typer has a click of its own, and exports only this subclass of click's UsageError.
UsageMistake: type[Exception] = typer.BadParameter.__mro__[1]

_PERMISSIONS = (
    "Check --stage and --region. Your role needs a policy that the stack ru4m-<stage>-service names: "
    "OperatorPolicyArn for cases, ReportPolicyArn for reports and evidence, OnCallPolicyArn for alarms, "
    "queues, logs and runs of jobs. Keys and restores need more than the role that deploys."
)
_STAGE = "Check --stage and --region; `make deploy` creates a stage."
_EXPIRED = {
    "ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "SignatureDoesNotMatch",
    "RequestExpired", "UnrecognizedClientException", "IncompleteSignature", "InvalidSignatureException",
}  # fmt: skip
DENIED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError"}


def explain(error: Exception) -> str:
    """Return one line: what failed, and what to do about it."""
    for kinds, explained in _EXPLAINED:
        if isinstance(error, kinds):
            return explained(error)
    frame = traceback.extract_tb(error.__traceback__)[-1]
    # Its text may quote data of a subject.
    name, place = type(error).__name__, f"{Path(frame.filename).name}:{frame.lineno}"
    return f"{name} in {place}: a defect. Set {DEBUG}=1 to see the traceback, and report it."


def _of_usage(error: typer.BadParameter) -> str:
    command = error.ctx.command_path if error.ctx else "ops"
    mistake = error.format_message().replace(": Value error, ", ": ").rstrip(".")
    return f"{mistake}{'' if mistake.endswith('?') else '.'} See `{command} -h`."


def _of_aws(error: ClientError) -> str:
    code = error.response.get("Error", {}).get("Code", "")
    text = " ".join(error.response.get("Error", {}).get("Message", "").split())
    if code in _EXPIRED:
        return f"AWS does not accept the credentials ({code}). {SIGN_IN}"
    if code in DENIED:
        return f"AWS denies {error.operation_name}. {_PERMISSIONS}"
    if is_absent(error) or (code == "ValidationError" and "does not exist" in text):
        return f"{error.operation_name} found nothing ({code}): {text.rstrip('.')}. {_STAGE}"
    return f"refused: {error.operation_name}: {code}: {text}"


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())


# The first entry whose types fit explains an error.
_EXPLAINED: tuple[tuple[tuple[type[Exception], ...], Callable[[Any], str]], ...] = (
    ((UsageMistake,), _of_usage),
    (
        (RegionError,),
        lambda error: f"{error}. Name a region in the EU with --region, AWS_REGION or a profile.",
    ),
    (
        (NoCredentialsError, PartialCredentialsError, SSOError),
        lambda _: f"No AWS credentials were found. {SIGN_IN}",
    ),
    ((ProfileNotFound,), lambda error: f"{error}. Set AWS_PROFILE to one of your AWS configuration."),
    ((ClientError,), _of_aws),
    ((RunFailed,), str),
    ((UnicodeDecodeError,), lambda _: "A file of the call is not UTF-8 text. Save it as UTF-8."),
    (
        (EndpointConnectionError, ConnectTimeoutError),
        lambda error: f"{_one_line(error)} Check the network, --region and --endpoint-url.",
    ),
    (
        (CommandRefused, NotMigratable, NotRedatable, BotoCoreError),
        lambda error: f"refused: {_one_line(error)}",
    ),
)


def status_of(error: Exception) -> int:
    """Return the exit status of an error."""
    if isinstance(error, CommandRefused):
        return error.status
    return USAGE if isinstance(error, UsageMistake) else FAILED


@contextmanager
def explained(print_reason: Callable[[Exception], object]) -> Iterator[None]:
    """End the program with the reason of an error and its exit status, in place of a traceback."""
    try:
        yield
    except (typer.Exit, typer.Abort):
        raise
    except Exception as error:
        if DEBUG in os.environ:
            raise
        print_reason(error)
        raise typer.Exit(status_of(error)) from None


class OperatorGroup(TyperGroup):
    """A group of commands whose errors are explained in one line."""

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - the type is of typer's own click, which it does not export
        """Run a command; an error ends with its explanation and an exit status."""
        with explained(lambda error: complain.print(explain(error))):
            return super().invoke(ctx)
