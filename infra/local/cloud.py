"""The local cloud: emulated AWS and Stream, with the packaged service deployed."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from chalicelib.accounts import service as accounts
from chalicelib.consents.notices.model import Notice
from chalicelib.core import countries, figures
from chalicelib.core.table import ends
from chalicelib.core.table_names import Table
from infra.build import Package, build
from infra.deployment import chat_settings, vault
from infra.deployment.account import AwsAccount
from infra.deployment.rollout import Deployment, deploy
from infra.deployment.stacks import Stacks, stack_name
from infra.deployment.target import DeploymentTarget
from infra.environments import timed
from infra.guards.findings import Finding
from infra.local import mailbox
from infra.local.deployed.completion import complete
from infra.local.emf import log_streams
from infra.local.emulator import REGION, ROOT_KEY, ROOT_SECRET, running_emulator
from infra.local.waiting import until
from infra.ops import scheduled
from infra.push_emulator.running import PushEmulator, running_push_emulator
from infra.stream_emulator.control import Emulator
from infra.stream_emulator.running import child_emulator

STAGE = "local"
MAIL_FROM = "notices@local.ru4m.example"

# So that a developer of an app meets the refusal of an old one, with `App-Version: ios/0`.
OLDEST_APP = "0.0.1"

# Local runs sign up often from one address, so limits are a thousand times higher, unless this is "real".
LIMITS_VARIABLE = "RU4M_LOCAL_LIMITS"
_WIDE = 1000

# Seconds in which the workers of a local cloud announce a version to its few accounts.
_ANNOUNCING = 120.0

# On a local cloud an erasure does not wait, and a restriction ends as soon as that was announced.
_WAITS = ("grace_hours", "waived_grace_hours", "recovery_hours", "late_writes_minutes")
_NO_WAITS = {figures.variable(figures.ErasureWaits, name): "0" for name in _WAITS} | {
    figures.variable(figures.ChoiceWaits, "lifting_notice_hours"): "0"
}


Report = Callable[[str], None]


@dataclass(frozen=True)
class State:
    """The addresses of a local cloud."""

    api_url: str
    aws_endpoint: str
    region: str
    stream_url: str
    stream_api_key: str
    stack: str
    push_url: str


@dataclass(frozen=True)
class LocalCloud:
    """A running local cloud; `dropped` is what it does not have of the templates."""

    account: AwsAccount
    stream: Emulator
    pushes: PushEmulator
    package: Package
    target: DeploymentTarget
    deployment: Deployment
    dropped: tuple[Finding, ...]

    @property
    def state(self) -> State:
        """Return the addresses of this cloud."""
        return State(
            api_url=self.deployment.api_url,
            aws_endpoint=str(self.account.endpoint),
            region=self.account.region,
            stream_url=self.stream.url,
            stream_api_key=self.stream.api_key,
            stack=self.deployment.stack,
            push_url=self.pushes.url,
        )

    def texts_to(self, phone: str) -> list[str]:
        """Return the text messages sent to a number, oldest first."""
        return [one.text for one in mailbox.newest_first(str(self.account.endpoint), phone)][::-1]

    def mails_to(self, address: str) -> list[mailbox.LocalMessage]:
        """Return the mails that SES accepted for an address, oldest first."""
        return mailbox.newest_first(str(self.account.endpoint), address)[::-1]

    def publish(self, notice: Notice) -> None:
        """Deploy a version beyond the published ones."""
        beside = {"practices": sorted(notice.practices), "messages_kept": str(notice.messages_kept)}
        version = notice.model_dump(mode="json") | beside | {"digest": notice.digest}
        stacks = Stacks(self.account, lambda _: None)
        stacks.reconfigure(stack_name(STAGE, "service"), {"LocalNotices": json.dumps([version])})

    def announce(self, notice: Notice) -> None:
        """Deploy a version, and have workers announce it to all accounts."""
        self.publish(notice)
        self.run("announce_notices")
        until(lambda: self._is_announced(notice), "the workers to announce the version", _ANNOUNCING)

    def _is_announced(self, notice: Notice) -> bool:
        """Return whether the first round over the accounts of each shard has ended."""
        progress = [
            item
            for item in self.items(Table.CHALLENGES)
            if item["pk"]["S"].startswith(f"announcement_progress#{notice.version}#")
        ]
        return len([one for one in progress if int(one["rounds"]["N"]) > 0]) == len(accounts.SHARDS)

    def run(self, job: str, detail: Mapping[str, object] = MappingProxyType({})) -> Any:  # noqa: ANN401 - jobs return any JSON
        """Run a job once, as its schedule would or with a detail, and return its result.

        Raises:
            RuntimeError: the job failed.
        """
        answer = self.invoke(job, scheduled.event(detail))
        result = answer["Payload"].read().decode()
        if "FunctionError" in answer:
            raise RuntimeError(result)
        return json.loads(result)

    def invoke(self, job: str, event: Mapping[str, object]) -> dict[str, Any]:
        """Invoke a job's function with any event, and return Lambda's response."""
        answer: dict[str, Any] = self.account.client("lambda").invoke(
            FunctionName=f"ru4m-{STAGE}-{job}", Payload=json.dumps(event)
        )
        return answer

    def sent_to_stream(self, user_id: str) -> list[dict[str, object]]:
        """Return what the backend wrote to Stream about a user, oldest first."""
        bodies = (request["body"] for request in self.stream.requests(principal="server"))
        sent = (body.get("users", {}) for body in bodies if isinstance(body, dict))
        return [users[user_id] for users in sent if user_id in users]

    @contextmanager
    def configured(self, job: str, variables: Mapping[str, str]) -> Iterator[None]:
        """Let a job's function have further environment variables during a block."""
        functions, name = self.account.client("lambda"), f"ru4m-{STAGE}-{job}"
        kept = functions.get_function_configuration(FunctionName=name)["Environment"]
        changed = {"Variables": kept["Variables"] | variables}
        functions.update_function_configuration(FunctionName=name, Environment=changed)
        try:
            yield
        finally:
            functions.update_function_configuration(FunctionName=name, Environment=kept)

    @contextmanager
    def without_ttl(self, *tables: Table) -> Iterator[None]:
        """Let TTL leave what has expired in tables during a block, as it does for days on AWS."""
        client, names = self.account.client("dynamodb"), [table.of(STAGE) for table in tables]

        def switch(setting: Mapping[str, object]) -> None:
            for name in names:
                client.update_time_to_live(TableName=name, TimeToLiveSpecification=setting)

        switch({"Enabled": False, "AttributeName": ends.END})
        try:
            yield
        finally:
            switch({"Enabled": True, "AttributeName": ends.END})

    def items(self, table: Table) -> list[dict[str, Any]]:
        """Return every item of a table, raw; only root may scan it."""
        return [item for page in self.account.scan(table.of(STAGE)) for item in page]

    def copies(self) -> list[str]:
        """Return the key of each version and unfinished upload in the bucket of copies."""
        s3, bucket = self.account.client("s3"), self._data("ExportBucketName")
        found = s3.list_object_versions(Bucket=bucket)
        uploads = s3.list_multipart_uploads(Bucket=bucket).get("Uploads", [])
        kept = [*found.get("Versions", []), *found.get("DeleteMarkers", []), *uploads]
        return [str(one["Key"]) for one in kept]

    def papers(self) -> list[str]:
        """Return the key of each object in the bucket of identity papers."""
        return self._keys("PapersBucketName")

    def avatars(self) -> list[str]:
        """Return the key of each object in the bucket of avatars."""
        return self._keys("AvatarsBucketName")

    def reported(self) -> list[str]:
        """Return the key of each object in the bucket of files that reports name."""
        return self._keys("ReportedBucketName")

    def _keys(self, bucket: str) -> list[str]:
        found = self.account.client("s3").list_objects_v2(Bucket=self._data(bucket))
        return [str(one["Key"]) for one in found.get("Contents", [])]

    @property
    def archive(self) -> str:
        """Return the name of the locked bucket."""
        return self._data("CheckpointBucketName")

    def _data(self, output: str) -> str:
        return Stacks(self.account, lambda _: None).outputs(stack_name(STAGE, "data"))[output]

    def log_lines(self, job: str = "") -> list[str]:
        """Return all log lines of a job's function, or of all functions and the API."""
        logs = self.account.client("logs")
        return [
            event["message"]
            for group, stream in log_streams(self.account)
            if group.endswith(job)
            for event in logs.get_log_events(logGroupName=group, logStreamName=stream)["events"]
        ]


@contextmanager
def local_cloud(report: Report = lambda _: None, *, port: int = 0) -> Iterator[LocalCloud]:
    """Build what changed while both emulators start, then deploy; everything stops with the block.

    Args:
        report: gets a line with the seconds of each step, at its end.
        port: of the AWS emulator; 0 takes a free one.
    """
    with ThreadPoolExecutor() as pool, ExitStack() as running:
        package = pool.submit(_built, report)
        with timed("start the emulators", report):
            aws = running.enter_context(running_emulator(port))
            stream = running.enter_context(
                child_emulator(api_key="local-stream-key", grants="stock")  # as a new app at Stream
            )
            pushes = running.enter_context(running_push_emulator())
        account = AwsAccount(REGION, aws, ROOT_KEY, ROOT_SECRET)
        yield _deployed(account, stream, pushes, package.result(), report)


def _built(report: Report) -> Package:
    with timed("build the package", report):
        return build()


def target_of(stream: Emulator, pushes: PushEmulator) -> DeploymentTarget:
    """Return the settings of a local cloud with this app at Stream and these services of pushes."""
    return DeploymentTarget(
        stage=STAGE,
        stream_api_key=stream.api_key,
        stream_url=stream.url,
        contact_email="privacy@local.ru4m.example",
        company_number="00000000",
        tax_number="000000000",
        issuer="https://api.local.ru4m.example",
        mail_from=MAIL_FROM,
        sms_countries=",".join(sorted(countries.SERVED)),
        figures=figures.packed(local_figures(os.environ)),
        app_minimum_ios=OLDEST_APP,
        app_minimum_android=OLDEST_APP,
        push_urls=pushes.setting,
        stream_secret=stream.secret,
    )


def _deployed(
    account: AwsAccount, stream: Emulator, pushes: PushEmulator, package: Package, report: Report
) -> LocalCloud:
    target = target_of(stream, pushes)
    with timed("apply the settings of the app at Stream", report):
        chosen = chat_settings.choices(target.periods, target.issuer, target.stage)
        chat_settings.apply_baseline(target.stream_access(account), chosen)
        chat_settings.preflight(target.stream_access(account), chosen, None, lambda _: None)
    with timed("deploy the stacks", report):
        deployment = deploy(account, package, target, lambda _: None)
        stream.resolve(target.issuer, deployment.api_url)
        for provider, held in (("apple", pushes.phones.apple), ("google", pushes.phones.google)):
            vault.write(account.client("secretsmanager"), vault.name_of(STAGE, provider), held)
    with timed("compare the deployment with the templates", report):
        dropped = complete(account, STAGE)
    return LocalCloud(account, stream, pushes, package, target, deployment, dropped)


def has_real_limits(environment: Mapping[str, str]) -> bool:
    """Return whether a local cloud gets the limits of a real one.

    Raises:
        ValueError: the variable is neither "real" nor "wide".
    """
    limits = environment.get(LIMITS_VARIABLE, "wide")
    if limits not in {"real", "wide"}:
        raise ValueError(f"{LIMITS_VARIABLE} is refused: neither real nor wide")
    return limits == "real"


def local_figures(environment: Mapping[str, str]) -> dict[str, str]:
    """The figures of a local cloud as variables: wide limits, no waits, and those of the environment."""
    wide = {} if has_real_limits(environment) else figures.widened(_WIDE)
    return wide | _NO_WAITS | {k: v for k, v in environment.items() if figures.is_variable(k)}
