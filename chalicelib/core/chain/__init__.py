"""Append-only hash chains of the Ledger: evidence that can't be altered unnoticed (RGT-10, SEC-1).

    proof = Chain("consent", pseudonym)
    table.transact([change, chain.appending(proof, NewEntry("withdrawn", {"purpose": "x"}, delete_at=until))])

What always holds, what may break half-way and what is not found: docs/adr/0007-hash-chains.md.

    entries      Chain, NewEntry, Entry: content, hash, item
    writing      append, appending (for a caller's transaction), entries, entries_as_of, newest_first, page
    checkpointing checkpoint: one signed Merkle root over the chains that were touched; touched_chains
    verification verify, verify_each, verify_checkpoints, and the findings
    checkpoints  Statement, Leaf, Proof, Checkpoint: pure, checked offline
    merkle, signing, archive, services: trees, keys and KMS, S3, errors of both
"""

from chalicelib.core.chain.archive import ArchiveDamaged
from chalicelib.core.chain.archive import is_empty as nothing_is_signed
from chalicelib.core.chain.checkpointing import CheckpointRun, checkpoint, touched_chains
from chalicelib.core.chain.checkpoints import Checkpoint, Leaf, Proof, Statement
from chalicelib.core.chain.entries import Chain, ChainEntry, NewEntry, Unreadable
from chalicelib.core.chain.signing import PublicKeys, current_signer
from chalicelib.core.chain.verification import (
    BadSignature,
    ChainVerdict,
    CheckpointChainBroken,
    Finding,
    Forked,
    MissingEntries,
    RolledBack,
    Tampered,
    verify,
    verify_checkpoints,
    verify_each,
)
from chalicelib.core.chain.writing import (
    HeadMoved,
    append,
    appending,
    entries,
    entries_as_of,
    head,
    newest_first,
    page,
)

__all__ = [
    "ArchiveDamaged",
    "BadSignature",
    "Chain",
    "ChainEntry",
    "ChainVerdict",
    "Checkpoint",
    "CheckpointChainBroken",
    "CheckpointRun",
    "Finding",
    "Forked",
    "HeadMoved",
    "Leaf",
    "MissingEntries",
    "NewEntry",
    "Proof",
    "PublicKeys",
    "RolledBack",
    "Statement",
    "Tampered",
    "Unreadable",
    "append",
    "appending",
    "checkpoint",
    "current_signer",
    "entries",
    "entries_as_of",
    "head",
    "newest_first",
    "nothing_is_signed",
    "page",
    "touched_chains",
    "verify",
    "verify_checkpoints",
    "verify_each",
]
