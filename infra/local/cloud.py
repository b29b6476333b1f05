"""The whole cloud on this machine: AWS and Stream emulated, the packaged service deployed."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import requests

from chalicelib.core import figures
from chalicelib.notices.model import Notice
from infra.build import Package, build
from infra.deploy import Deployment, DeploymentTarget, deploy
from infra.deployment.account import AwsAccount
from infra.deployment.stacks import Stacks, stack_name
from infra.local.buckets import adapt_buckets
from infra.local.children import LOCAL
from infra.local.emulator import REGION, ROOT_KEY, ROOT_SECRET, running_emulator
from infra.local.stream.control import Emulator
from infra.local.stream.running import child_emulator

STATE = LOCAL / "state.json"
STAGE = "local"

# Local runs sign up all day from one address, so limits are a thousand times as wide, unless this is "real".
LIMITS_VARIABLE = "RU4M_LOCAL_LIMITS"
_WIDE = 1000

# What EventBridge sends.
_SCHEDULED = {
    "version": "0", "id": "local", "account": "", "region": REGION, "time": "2026-01-01T00:00:00Z",
    "source": "aws.events", "detail-type": "Scheduled Event", "resources": [], "detail": {},
}  # fmt: skip

Report = Callable[[str], None]


@dataclass(frozen=True)
class State:
    """Where everything is; .local/state.json holds the same."""

    api_url: str
    aws_endpoint: str
    region: str
    stream_url: str
    stream_api_key: str
    stack: str


@dataclass(frozen=True)
class LocalCloud:
    """A running local cloud."""

    account: AwsAccount
    stream: Emulator
    package: Package
    target: DeploymentTarget
    deployment: Deployment

    @property
    def state(self) -> State:
        """Where everything is."""
        return State(
            api_url=self.deployment.api_url,
            aws_endpoint=str(self.account.endpoint),
            region=self.account.region,
            stream_url=self.stream.url,
            stream_api_key=self.stream.api_key,
            stack=self.deployment.stack,
        )

    def texts_to(self, phone: str) -> list[str]:
        """The text messages sent to a number, oldest first."""
        answer = requests.get(
            f"{self.account.endpoint}/_ministack/sns/sms-messages",
            params={"phoneNumber": phone, "region": self.account.region},
            timeout=10,
        )
        answer.raise_for_status()
        return [message["Message"] for message in answer.json()["sms_messages"][phone]]

    def mails_to(self, address: str) -> list[dict[str, object]]:
        """The mails that SES took for an address, oldest first."""
        answer = requests.get(f"{self.account.endpoint}/_ministack/ses/messages", timeout=10)
        answer.raise_for_status()
        mails = answer.json()["messages"].get(self.account.number, [])
        return [mail for mail in mails if address in mail["To"]]

    def announce(self, notice: Notice) -> None:
        """Deploy a version beyond the published ones, and let the job tell everybody."""
        versions = f"[{notice.model_dump_json()}]"
        stacks = Stacks(self.account, lambda _: None)
        stacks.reconfigure(stack_name(STAGE, "service"), {"LocalNotices": versions})
        self.run("announce_notices")

    def run(self, job: str) -> Any:  # noqa: ANN401 - whatever the job answers
        """One run of a job, as its schedule would start it.

        Raises:
            RuntimeError: it failed.
        """
        answer = self.account.client("lambda").invoke(
            FunctionName=f"ru4m-{STAGE}-{job}", Payload=json.dumps(_SCHEDULED)
        )
        told = answer["Payload"].read().decode()
        if "FunctionError" in answer:
            raise RuntimeError(told)
        return json.loads(told)

    def sent_to_stream(self, user_id: str) -> list[dict[str, object]]:
        """What the backend told Stream about a user, oldest first."""
        bodies = (one["body"] for one in self.stream.requests(principal="server"))
        told = (body.get("users", {}) for body in bodies if isinstance(body, dict))
        return [users[user_id] for users in told if user_id in users]

    def evidence(self) -> list[dict[str, object]]:
        """Every entry of the Ledger, raw, as nobody but root reads it."""
        dynamodb = self.account.client("dynamodb")
        (name,) = (n for n in dynamodb.list_tables()["TableNames"] if n.endswith("-ledger"))
        items: list[dict[str, object]] = dynamodb.scan(TableName=name)["Items"]
        return items

    def log_lines(self) -> list[str]:
        """All that the functions and the API logged."""
        logs = self.account.client("logs")
        groups = [group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]]
        streams = [
            {"logGroupName": group, "logStreamName": stream["logStreamName"]}
            for group in groups
            for stream in logs.describe_log_streams(logGroupName=group)["logStreams"]
        ]
        return [e["message"] for s in streams for e in logs.get_log_events(**s)["events"]]


@contextmanager
def local_cloud(
    report: Report = lambda _: None, *, port: int = 0, state_file: Path | None = None
) -> Iterator[LocalCloud]:
    """Build what changed, start both emulators, deploy; all of it ends with the block.

    Args:
        report: gets one line per step.
        port: of the AWS emulator; 0 takes a free one.
        state_file: where to say where everything is, for other processes; there once all of it is up.
    """
    if state_file:
        state_file.unlink(missing_ok=True)  # what an earlier one left must not be taken for this one's
    package = build()
    with running_emulator(port) as aws, child_emulator(api_key="local-stream-key") as stream:
        account = AwsAccount(REGION, aws, ROOT_KEY, ROOT_SECRET)
        target = DeploymentTarget(
            stage=STAGE,
            stream_api_key=stream.api_key,
            stream_url=stream.url,
            contact_email="privacy@local.ru4m.example",
            issuer="https://api.local.ru4m.example",
            mail_from="notices@local.ru4m.example",
            figures=figures.packed(local_figures(os.environ)),
            stream_secret=stream.secret,
        )
        deployment = deploy(account, package, target, report)
        adapt_buckets(account, STAGE)
        cloud = LocalCloud(account, stream, package, target, deployment)
        if state_file:
            _write_whole(state_file, json.dumps(asdict(cloud.state), indent=2) + "\n")
        yield cloud


def has_real_limits(environment: Mapping[str, str]) -> bool:
    """Whether a local cloud shall have the limits of a real one.

    Raises:
        ValueError: the variable says neither "real" nor "wide".
    """
    said = environment.get(LIMITS_VARIABLE, "wide")
    if said not in {"real", "wide"}:
        raise ValueError(f"{LIMITS_VARIABLE} is refused: neither real nor wide")
    return said == "real"


def local_figures(environment: Mapping[str, str]) -> dict[str, str]:
    """The figures of a local cloud, as variables: those that the environment sets, and wide limits."""
    wide = {} if has_real_limits(environment) else figures.widened(_WIDE)
    return wide | {k: v for k, v in environment.items() if k.startswith(("RU4M_LIMIT_", "RU4M_PUSH_"))}


def _write_whole(file: Path, text: str) -> None:
    """Readers see all of it or nothing."""
    draft = file.with_suffix(".new")
    draft.write_text(text)
    draft.replace(file)
