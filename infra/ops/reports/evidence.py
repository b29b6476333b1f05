"""What the Ledger proves about a report: its evidence, and that its pack existed at a time (ADR 19, ADR 53).

The proof of a pack is a small file beside it, which needs no account to verify. The Ledger records the hash
of a pack's manifest. The next checkpoint signs the Ledger with a key in KMS. A proof has the entry, the
entries after it up to the signed one, the path to the signed root, and the public key. So its reader trusts
that key only, whose fingerprint the controller gives them in another way.

The evidence of a report is verified with the permissions of the caller, who reads the checkpoints from the
first one that covers the period to the newest, and the chains of the purge and of requests. The number of
requests is bounded, because each costs a query. If there are more, the command takes every n-th of them in
the order of receipt, so that the choice is not the caller's.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from botocore.exceptions import ClientError

from chalicelib.core import chain, clock
from chalicelib.core.aws import AwsBug
from chalicelib.core.chain import Chain, ChainEntry, Leaf, Proof, PublicKeys, Statement, Unreadable
from chalicelib.core.clock import DAY
from chalicelib.core.ids import ReportId, RightsRequestId
from chalicelib.core.signatures import fingerprint_of
from chalicelib.core.table import TableBug
from chalicelib.operations.reports import service as reports
from chalicelib.retention.purge.evidence import HISTORY as PURGE
from chalicelib.rights.request.evidence import history_of
from infra.deployment.account import AwsAccount
from infra.ops import standing_in
from infra.ops.data.ledger import described
from infra.ops.refused import CommandRefused

_DENIED = ("AccessDenied", "AccessDeniedException")
_POLICY = (
    "AWS denies to read the Ledger. Your role needs the policy that the output ReportPolicyArn of the stack "
    "ru4m-<stage>-service names."
)


class LedgerDenied(CommandRefused):
    """The caller may not read the Ledger; the text names the policy."""


def verified(
    account: AwsAccount, stage: str, since: datetime, until: datetime, requests: Sequence[str], maximum: int
) -> dict[str, Any]:
    """Verify the chains of a period; return what was verified, and the findings in words.

    Args:
        account: the account of the stage.
        stage: the stage.
        since: the first instant of the period.
        until: the first instant after it.
        requests: the requests of the period, in the order of receipt.
        maximum: the most requests whose chains are read.

    Raises:
        LedgerDenied: the caller may not read it.
    """
    with as_reader(account, stage):
        first, newest = chain.first_checkpoint(since), chain.newest_checkpoint()
        step = max(1, -(-len(requests) // maximum))
        chosen = requests[::step]
        chains = [
            *_days(since, min(until, clock.now())),
            *(history_of(RightsRequestId(one)) for one in chosen),
        ]
        keys, findings, covered = PublicKeys(chain.current_signer().pem), dict[str, None](), 0
        for _, verdict in chain.verify_each(chains, first, keys):
            covered += verdict.covered > 0
            findings |= dict.fromkeys(map(described, verdict.findings))
        statement = newest.statement if newest else None
        return {
            "verified_at": clock.to_text(clock.now()),
            "checkpoints": {"from": first, "to": statement.number if statement else 0},
            "newest_checkpoint": {
                "number": statement.number,
                "sha256": statement.digest,
                "covers_until": clock.to_text(clock.from_epoch(statement.until)),
                "key": statement.key,
            }
            if statement
            else None,
            "requests": {"in_period": len(requests), "verified": len(chosen), "every": step},
            "chains": {"verified": len(chains), "covered_by_a_checkpoint": covered},
            "findings": list(findings),
        }


def _days(since: datetime, until: datetime) -> Iterator[Chain]:
    """Yield the chains of the purge of each day (UTC) that a period touches."""
    day = since.astimezone(UTC).replace(hour=0, minute=0, second=0)
    while day < until:
        yield PURGE.chain_of(day)
        day += DAY


@contextmanager
def as_reader(account: AwsAccount, stage: str) -> Iterator[None]:
    """Adopt the settings of the function that signs the Ledger, with the permissions of the caller.

    Raises:
        LedgerDenied: the caller may not read the Ledger.
    """
    try:
        standing_in.act_as(account, stage, "checkpoint_ledger")
        yield
    except (ClientError, AwsBug, TableBug) as error:
        if any(code in str(error) for code in _DENIED):
            raise LedgerDenied(_POLICY) from None
        raise


FORMAT = "ru4m.report-proof.v1"


class NoProof(CommandRefused):
    """There is no proof of a pack (yet); the text says why."""


def make(account: AwsAccount, stage: str, report_id: str, sha256: str) -> dict[str, Any]:
    """Make the proof of the pack whose manifest has a hash.

    Raises:
        NoProof: the Ledger does not have the hash, or no checkpoint covers it yet.
        LedgerDenied: the caller may not read the Ledger.
    """
    with as_reader(account, stage):
        of_report = reports.history_of(ReportId(report_id))
        try:
            entries = list(chain.entries(of_report))
        except Unreadable:
            raise NoProof(f"an entry of {of_report.name} in the Ledger was altered") from None
        made = next((entry for entry in entries if reports.manifest_of(entry) == sha256), None)
        if made is None:
            raise NoProof(f"the Ledger of {stage} has no such manifest for {report_id}")
        proof = chain.first_proof(of_report.name, made.seq, made.at)
        if proof is None:
            raise NoProof("no checkpoint covers the pack yet. Repeat the command in two hours.")
        return {
            "format": FORMAT,
            "entries": [entry.item() for entry in entries if made.seq <= entry.seq <= proof.leaf.seq],
            "index": proof.index,
            "siblings": list(proof.siblings),
            "statement": asdict(proof.statement),
            "signature": b64encode(proof.signature).decode(),
            "key": chain.current_signer().pem,
        }


def check(proof: Mapping[str, Any], report_id: str, sha256: str) -> tuple[list[str], dict[str, Any]]:
    """Verify a proof for a manifest; return the faults, and what it proves."""
    try:
        entries = [ChainEntry.read(item) for item in proof["entries"]]
        signed = Proof(
            leaf=_leaf_of(entries[-1]),
            index=proof["index"],
            siblings=tuple(proof["siblings"]),
            statement=Statement(**proof["statement"]),
            signature=b64decode(proof["signature"], validate=True),
        )
        keys, fingerprint = PublicKeys(proof["key"]), fingerprint_of(proof["key"])
        holds = proof["format"] == FORMAT and signed.holds(keys)
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, Unreadable):
        return ["proof: not a proof of a pack, or altered"], {}
    faults = list(_faults(entries, reports.history_of(ReportId(report_id)), sha256))
    if not holds:
        faults.append("proof: its key did not sign it")
    until = clock.to_text(clock.from_epoch(signed.statement.until))
    return faults, {"checkpoint": signed.statement.number, "existed_by": until, "key": fingerprint}


def _faults(entries: Sequence[ChainEntry], of_report: Chain, sha256: str) -> Sequence[str]:
    if any(entry.chain != of_report for entry in entries):
        return ["proof: of another report"]
    if reports.manifest_of(entries[0]) != sha256:
        return ["proof: of another manifest"]
    if any((after.previous, after.seq) != (entry.hash, entry.seq + 1) for entry, after in pairwise(entries)):
        return ["proof: its entries do not follow each other"]
    return []


def _leaf_of(entry: ChainEntry) -> Leaf:
    return Leaf(entry.chain.name, entry.seq, entry.hash, clock.to_epoch(entry.delete_at))
