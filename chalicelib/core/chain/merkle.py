"""Merkle trees by RFC 6962, section 2.1: leaves and inner nodes are hashed in separate domains."""

import hashlib
from collections.abc import Sequence


def leaf_hash(data: bytes) -> bytes:
    """The hash of a leaf."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node, which by its domain cannot be used as a leaf."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """The root over leaf hashes; without leaves, the hash of the empty string."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    half = _split(len(leaves))
    return node_hash(root(leaves[:half]), root(leaves[half:]))


def path(leaves: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """The proof that a leaf is in the tree: the siblings on its path to the root, lowest first."""
    if len(leaves) == 1:
        return ()
    half = _split(len(leaves))
    if index < half:
        return (*path(leaves[:half], index), root(leaves[half:]))
    return (*path(leaves[half:], index - half), root(leaves[:half]))


def climb(leaf: bytes, index: int, size: int, siblings: Sequence[bytes]) -> bytes | None:
    """The root to which a leaf and its path lead; None if they do not fit a tree of this size."""
    if size <= 1:
        return leaf if (index, size, len(siblings)) == (0, 1, 0) else None
    if not (0 <= index < size and siblings):
        return None
    half, sibling = _split(size), siblings[-1]
    if index < half:
        below = climb(leaf, index, half, siblings[:-1])
        return node_hash(below, sibling) if below else None
    below = climb(leaf, index - half, size - half, siblings[:-1])
    return node_hash(sibling, below) if below else None


def _split(size: int) -> int:
    """The largest power of two below a size."""
    return 1 << (size - 1).bit_length() - 1
