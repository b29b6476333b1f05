"""Tests that the deployed function signs the Ledger and detects alterations."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from botocore.exceptions import ClientError
from typer.testing import CliRunner

from chalicelib.core import chain, clock
from chalicelib.core.chain import Chain, ChainVerdict, NewEntry
from chalicelib.core.chain.checkpoint_run import SETTLE
from chalicelib.core.settings import settings
from infra.local.cloud import LocalCloud
from infra.local.waiting import until
from infra.ops.__main__ import app as ops
from infra.ops.standing_in import act_as
from tests.support import patches
from tests.support.world.builders import a_schedule_event
from tests.support.world.ledger import overwrite, stored, verify


def a_chain() -> Chain:
    """Return a chain without entries."""
    return Chain("consent", f"p-e2e-{uuid.uuid4().hex}")


@pytest.fixture(autouse=True)
def act_as_root(restore_process: None, cloud: LocalCloud) -> None:
    """Let this process write to the deployed Ledger as root."""
    act_as(cloud.account, "local", "checkpoint_ledger")


def append(*chains: Chain) -> None:
    """Append an entry to each chain, dated after the last run, so that the next run reads it."""
    now = clock.now()
    with patches.current().context() as patch:
        patch.setattr(clock, "now", lambda: now - SETTLE + timedelta(seconds=1))
        for which in chains:
            chain.append(which, NewEntry("given", {"n": 1}, delete_at=now + timedelta(days=365)))


def run(cloud: LocalCloud) -> dict[str, int]:
    answer = cloud.account.client("lambda").invoke(
        FunctionName="ru4m-local-checkpoint_ledger", Payload=json.dumps(a_schedule_event())
    )
    counts: dict[str, int] = json.load(answer["Payload"])
    assert "FunctionError" not in answer, counts
    return counts


def sign(cloud: LocalCloud, which: Chain, seq: int) -> dict[str, int]:
    """Run until a checkpoint covers an entry, and return the counts of the run that made it.

    The first run may sign an empty checkpoint, and each may sign entries that other tests left.
    """

    def run_covers() -> dict[str, int] | None:
        counts = run(cloud)
        return counts if verify(which).covered >= seq else None

    return until(run_covers, "a checkpoint")


@contextmanager
def altered(which: Chain, seq: int) -> Iterator[None]:
    """Alter an entry during a block."""
    genuine = stored(which, seq)["payload"]["S"]
    overwrite(which, seq, payload="{}")
    try:
        yield
    finally:
        overwrite(which, seq, payload=genuine)


def command(cloud: LocalCloud, *words: str) -> tuple[int, str]:
    where = ["--stage", "local", "--region", cloud.account.region]
    where += ["--endpoint-url", str(cloud.account.endpoint)]
    done = CliRunner().invoke(ops, ["ledger", "verify", *where, *words])
    return done.exit_code, done.output


@pytest.mark.promise("SEC-1")
def test_function_signs_new_entries_and_refuses_altered_ones(cloud: LocalCloud) -> None:
    mila, vuk = a_chain(), a_chain()
    append(mila)
    assert sign(cloud, mila, 1)["refused"] == 0
    assert verify(mila) == ChainVerdict((), covered=1)
    assert command(cloud, "--chain", mila.name) == (0, f"{mila.name}: covered up to 1, 0 findings\n")

    append(mila, vuk)
    with altered(mila, 2):
        assert sign(cloud, vuk, 1)["refused"] == 1
        assert verify(vuk) == ChainVerdict((), covered=1)
        assert any('"LedgerEntryRefused":[1' in line.replace(" ", "") for line in cloud.log_lines())
        assert not [line for line in cloud.log_lines() if "p-e2e" in line]
        code, said = command(cloud)
    assert code == 3
    assert f"  Tampered: chain {mila.name}, seq 2\n" in said
    assert f"{vuk.name}: covered up to 1, 0 findings\n" in said


@pytest.mark.promise("SEC-1")
def test_locked_checkpoint_cannot_be_deleted(cloud: LocalCloud) -> None:
    append(vuk := a_chain())
    sign(cloud, vuk, 1)
    s3, bucket = cloud.account.client("s3"), settings().archive().bucket
    (newest, *_) = s3.list_object_versions(Bucket=bucket)["Versions"]
    assert s3.get_object_retention(Bucket=bucket, Key=newest["Key"])["Retention"]["Mode"] == "COMPLIANCE"
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.delete_object(Bucket=bucket, Key=newest["Key"], VersionId=newest["VersionId"])


@pytest.mark.parametrize(("words", "why"), [(("--chain", "no name"), "chain"), (("--since", "999"), "998")])
def test_ledger_command_prints_the_reason_of_a_refusal(
    words: tuple[str, str], why: str, cloud: LocalCloud
) -> None:
    code, said = command(cloud, *words)
    assert code == 1
    assert why in said.removeprefix("refused: ")
