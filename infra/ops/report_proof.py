"""The proof that a pack existed at a time: a small file beside it, which needs no account to verify (ADR 53).

The Ledger records the hash of a pack's manifest. The next checkpoint signs the Ledger with a key in KMS. A
proof has the entry, the entries after it up to the signed one, the path to the signed root, and the public
key. So its reader trusts that key only, whose fingerprint the controller gives them in another way.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import pairwise
from typing import Any

from chalicelib.core import chain, clock
from chalicelib.core.chain import Chain, ChainEntry, Leaf, Proof, PublicKeys, Statement, Unreadable
from chalicelib.core.ids import ReportId
from chalicelib.core.signatures import fingerprint_of
from chalicelib.operations.reports import service
from infra.deployment.account import AwsAccount
from infra.ops.refused import CommandRefused
from infra.ops.report_ledger import as_reader

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
        of_report = service.history_of(ReportId(report_id))
        try:
            entries = list(chain.entries(of_report))
        except Unreadable:
            raise NoProof(f"an entry of {of_report.name} in the Ledger was altered") from None
        made = next((entry for entry in entries if service.manifest_of(entry) == sha256), None)
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
    faults = list(_faults(entries, service.history_of(ReportId(report_id)), sha256))
    if not holds:
        faults.append("proof: its key did not sign it")
    until = clock.to_text(clock.from_epoch(signed.statement.until))
    return faults, {"checkpoint": signed.statement.number, "existed_by": until, "key": fingerprint}


def _faults(entries: Sequence[ChainEntry], of_report: Chain, sha256: str) -> Sequence[str]:
    if any(entry.chain != of_report for entry in entries):
        return ["proof: of another report"]
    if service.manifest_of(entries[0]) != sha256:
        return ["proof: of another manifest"]
    if any((after.previous, after.seq) != (entry.hash, entry.seq + 1) for entry, after in pairwise(entries)):
        return ["proof: its entries do not follow each other"]
    return []


def _leaf_of(entry: ChainEntry) -> Leaf:
    return Leaf(entry.chain.name, entry.seq, entry.hash, clock.to_epoch(entry.delete_at))
