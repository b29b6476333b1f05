"""A checkpoint: one signed statement about the heads of many chains. Pure; verifiable offline.

The heads are the leaves of a Merkle tree by RFC 6962, section 2.1, of which the statement has the root.
Leaves and inner nodes are hashed in separate domains.
"""

import hashlib
import json
from base64 import b64decode, b64encode
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import NamedTuple, Self

from chalicelib.core.canonical import canonical
from chalicelib.core.chain.entries import GENESIS, Unreadable, digest
from chalicelib.core.signatures import PublicKeys, Signer

_DOMAIN = "ru4m.ledger.checkpoint.v1"


class Leaf(NamedTuple):
    """The newest entry of one chain."""

    chain: str
    seq: int
    hash: str
    delete_at: int  # epoch seconds; afterwards the entry may be deleted

    @property
    def hashed(self) -> bytes:
        """The hash of this leaf in the tree."""
        return leaf_hash(canonical(list(self)).encode())


@dataclass(frozen=True)
class Statement:
    """The signed part of a checkpoint. Times are epoch seconds, hashes are hex."""

    number: int  # from 1, without gaps
    at: int
    until: int  # every entry up to here is covered by this checkpoint or an earlier one
    size: int  # number of chains
    root: str
    previous: str  # digest of the statement before this one
    key: str  # fingerprint of the public key

    def __post_init__(self) -> None:
        numbers = (self.number, self.at, self.until, self.size)
        hashes = (self.root, self.previous, self.key)
        if not (all(isinstance(n, int) for n in numbers) and all(isinstance(h, str) for h in hashes)):
            raise TypeError("not a statement")

    @property
    def message(self) -> bytes:
        """The signed bytes."""
        return f"{_DOMAIN}\0{canonical(asdict(self))}".encode()

    @property
    def digest(self) -> str:
        """The digest that the next statement has as `previous`."""
        return digest(_DOMAIN, asdict(self))


@dataclass(frozen=True)
class Proof:
    """Proves that one leaf is in a checkpoint, without disclosing the other leaves."""

    leaf: Leaf
    index: int
    siblings: tuple[str, ...]
    statement: Statement
    signature: bytes

    def holds(self, keys: PublicKeys) -> bool:
        """Return whether a trusted key signed the root to which the proof leads."""
        siblings = [bytes.fromhex(sibling) for sibling in self.siblings]
        reached = climb_to_root(self.leaf.hashed, self.index, self.statement.size, siblings)
        matches = reached is not None and reached.hex() == self.statement.root
        return matches and keys.confirm(self.statement.key, self.signature, self.statement.message)


@dataclass(frozen=True)
class Checkpoint:
    """The object in the archive: statement, signature, and the leaves, ordered by chain."""

    statement: Statement
    signature: bytes
    leaves: tuple[Leaf, ...]

    @classmethod
    def signed(
        cls, signer: Signer, before: "Checkpoint | None", leaves: Iterable[Leaf], *, at: int, until: int
    ) -> Self:
        """The checkpoint that follows `before`, signed."""
        ordered = tuple(sorted(leaves))
        statement = Statement(
            number=before.statement.number + 1 if before else 1,
            at=at,
            until=until,
            size=len(ordered),
            root=merkle_root([leaf.hashed for leaf in ordered]).hex(),
            previous=before.statement.digest if before else GENESIS,
            key=signer.fingerprint,
        )
        return cls(statement, signer.sign(statement.message), ordered)

    def authentic(self, keys: PublicKeys) -> bool:
        """Return whether a trusted key signed the statement, and the leaves have its root and size."""
        root = merkle_root([leaf.hashed for leaf in self.leaves]).hex()
        matches = (self.statement.root, self.statement.size) == (root, len(self.leaves))
        return matches and keys.confirm(self.statement.key, self.signature, self.statement.message)

    @cached_property
    def _index(self) -> dict[str, int]:
        return {leaf.chain: index for index, leaf in enumerate(self.leaves)}

    def leaf(self, chain: str) -> Leaf | None:
        """The leaf of a chain, or None."""
        return self.leaves[self._index[chain]] if chain in self._index else None

    def proof(self, chain: str) -> Proof:
        """The proof of inclusion of a chain.

        Raises:
            KeyError: the checkpoint has no leaf of the chain.
        """
        index = self._index[chain]
        siblings = merkle_path([leaf.hashed for leaf in self.leaves], index)
        return Proof(
            leaf=self.leaves[index],
            index=index,
            siblings=tuple(sibling.hex() for sibling in siblings),
            statement=self.statement,
            signature=self.signature,
        )

    def document(self) -> bytes:
        """The checkpoint as it is stored."""
        parts = {
            "statement": asdict(self.statement),
            "signature": b64encode(self.signature).decode(),
            "leaves": [list(leaf) for leaf in self.leaves],
        }
        return canonical(parts).encode()

    @classmethod
    def read(cls, document: bytes) -> Self:
        """The checkpoint of a stored document; the signature is not verified.

        Raises:
            Unreadable: the document is not one that `document` gives.
        """
        try:
            parts = json.loads(document)
            found = cls(
                Statement(**parts["statement"]),
                b64decode(parts["signature"], validate=True),
                tuple(Leaf(*leaf) for leaf in parts["leaves"]),
            )
            if found.document() == document:
                return found
        except (KeyError, TypeError, ValueError, RecursionError):
            pass
        raise Unreadable("a checkpoint of the Ledger")


def leaf_hash(data: bytes) -> bytes:
    """The hash of a leaf."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node, which by its domain cannot be used as a leaf."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def merkle_root(leaves: Sequence[bytes]) -> bytes:
    """The root over leaf hashes; without leaves, the hash of the empty string."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    half = _largest_power_below(len(leaves))
    return node_hash(merkle_root(leaves[:half]), merkle_root(leaves[half:]))


def merkle_path(leaves: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """The proof that a leaf is in the tree: the siblings on its path to the root, lowest first."""
    if len(leaves) == 1:
        return ()
    half = _largest_power_below(len(leaves))
    if index < half:
        return (*merkle_path(leaves[:half], index), merkle_root(leaves[half:]))
    return (*merkle_path(leaves[half:], index - half), merkle_root(leaves[:half]))


def climb_to_root(leaf: bytes, index: int, size: int, siblings: Sequence[bytes]) -> bytes | None:
    """The root to which a leaf and its path lead; None if they do not fit a tree of this size."""
    if size <= 1:
        return leaf if (index, size, len(siblings)) == (0, 1, 0) else None
    if not (0 <= index < size and siblings):
        return None
    half, sibling = _largest_power_below(size), siblings[-1]
    if index < half:
        below = climb_to_root(leaf, index, half, siblings[:-1])
        return node_hash(below, sibling) if below else None
    below = climb_to_root(leaf, index - half, size - half, siblings[:-1])
    return node_hash(sibling, below) if below else None


def _largest_power_below(size: int) -> int:
    """The largest power of two below a size."""
    return 1 << (size - 1).bit_length() - 1
