"""Commands of operators in tests: signed calls of the internal API, which the app answers in this process."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

from botocore.awsrequest import AWSPreparedRequest
from typer.testing import CliRunner

from chalicelib.core import aws
from infra.deployment.account import AwsAccount
from infra.ops import internal_api
from infra.ops.__main__ import app
from infra.ops.internal_api import InternalApi
from tests.support import patches
from tests.support.clouds import cloud
from tests.support.clouds.environment import REGION
from tests.support.world.world import World

URL = "https://api.test/api"


@dataclass(frozen=True)
class Ran:
    """The exit code and the output of a command."""

    exit_code: int
    output: str


@dataclass
class Wire:
    """The gateway between the commands and the app; it identifies the caller by the access key."""

    world: World
    sent: list[AWSPreparedRequest] = field(default_factory=list)

    def send(self, request: AWSPreparedRequest) -> Any:
        self.sent.append(request)
        if "X-Amz-Signature" in request.url:
            return _stored(request.url)
        signed = request.headers["Authorization"]
        name = signed.split("Credential=")[1].split("/")[0].lower()
        headers = {key.lower(): _text(value) for key, value in request.headers.items()}
        path = request.url.removeprefix(URL)
        reply = self.world.call(
            request.method,
            path,
            raw=request.body or b"",
            headers=headers,
            arn=f"arn:aws:iam::{cloud.ACCOUNT}:user/{name}",
        )
        return SimpleNamespace(
            status_code=reply.status, content=reply.text.encode(), headers={"ETag": reply.headers.get("etag")}
        )


def _stored(url: str) -> Any:
    """Answer a link to an object as S3 does."""
    place = urlsplit(url)
    bucket, key = str(place.hostname).partition(".")[0], place.path.removeprefix("/")
    found = aws.client("s3").get_object(Bucket=bucket, Key=key)
    return SimpleNamespace(status_code=200, content=found["Body"].read())


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


@dataclass
class Commands:
    """Runs the commands of one group, as members of staff."""

    group: str
    wire: Wire

    def __post_init__(self) -> None:
        patches.current().setattr(internal_api, "URLLib3Session", lambda **_: self.wire)

    def __call__(self, name: str, *words: str, typed: str | None = None) -> Ran:
        """Run a command as a member of staff, who types what it asks for."""
        api = InternalApi(AwsAccount(REGION, None, name.upper(), "a secret"), lambda: URL)
        patches.current().setattr(InternalApi, "of", lambda *_: api)
        options = ["--stage", "staging", "--region", REGION]
        done = CliRunner().invoke(app, [self.group, *words, *options], input=typed)
        # The app runs in this process, and prints its metrics between the command's lines.
        lines = [line for line in done.output.splitlines() if not line.startswith("{")]
        return Ran(done.exit_code, "\n".join(lines).strip())
