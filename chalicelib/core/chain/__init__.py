"""Append-only hash chains of the Ledger: evidence whose alteration is detected (RGT-10, SEC-1).

    proof = Chain("consent", pseudonym)
    entry = NewEntry("withdrawn", {"purpose": "x"}, delete_at=until)
    table.transact([change, chain.append_write(proof, entry)])

Invariants, partial failures and what verification cannot detect: docs/adr/0007-hash-chains.md.
"""

from chalicelib.core.chain.archive import ArchiveDamaged, first_proof
from chalicelib.core.chain.archive import first_covering as first_checkpoint
from chalicelib.core.chain.archive import is_empty as is_archive_empty
from chalicelib.core.chain.archive import newest as newest_checkpoint
from chalicelib.core.chain.checkpoint_run import checkpoint, touched_chains
from chalicelib.core.chain.checkpoints import Leaf, Proof, Statement
from chalicelib.core.chain.entries import MAX_PAYLOAD_BYTES, Chain, ChainEntry, NewEntry, Unreadable
from chalicelib.core.chain.log import (
    DailyHistory,
    HeadMoved,
    append,
    append_write,
    chains_touched_since,
    entries,
    entries_as_of,
    first_write,
    head,
    newest_first,
    page,
)
from chalicelib.core.chain.verification import ChainVerdict, Finding, verify_beginning, verify_each
from chalicelib.core.signatures import PublicKeys, current_signer
