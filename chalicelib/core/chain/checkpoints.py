"""A checkpoint: one signed statement about the heads of many chains. Pure; anybody can check one offline."""

import json
from base64 import b64decode, b64encode
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import NamedTuple, Self

from chalicelib.core.chain import merkle
from chalicelib.core.chain.entries import GENESIS, Unreadable, canonical, digest
from chalicelib.core.chain.signing import PublicKeys, Signer

_DOMAIN = "ru4m.ledger.checkpoint.v1"


class Leaf(NamedTuple):
    """The newest entry of one chain."""

    chain: str
    seq: int
    hash: str
    delete_at: int  # epoch seconds; afterwards the entry may be gone

    @property
    def hashed(self) -> bytes:
        """Its leaf in the tree."""
        return merkle.leaf_hash(canonical(list(self)).encode())


@dataclass(frozen=True)
class Statement:
    """What the key signs. Times are epoch seconds, hashes hex."""

    number: int  # from 1, without a gap
    at: int
    until: int  # every entry made up to here is covered, by this checkpoint or an earlier one
    size: int  # chains in it
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
        """What the next statement names."""
        return digest(_DOMAIN, asdict(self))


@dataclass(frozen=True)
class Proof:
    """That one leaf was in a checkpoint, for somebody who sees none of the others."""

    leaf: Leaf
    index: int
    siblings: tuple[str, ...]
    statement: Statement
    signature: bytes

    def holds(self, keys: PublicKeys) -> bool:
        """Whether a trusted key vouches for the leaf."""
        siblings = [bytes.fromhex(one) for one in self.siblings]
        reached = merkle.climb(self.leaf.hashed, self.index, self.statement.size, siblings)
        led = reached is not None and reached.hex() == self.statement.root
        return led and keys.confirm(self.statement.key, self.signature, self.statement.message)


@dataclass(frozen=True)
class Checkpoint:
    """The object in the archive: statement, signature, and the leaves under its root, by chain."""

    statement: Statement
    signature: bytes
    leaves: tuple[Leaf, ...]

    @classmethod
    def signed(
        cls, signer: Signer, before: "Checkpoint | None", leaves: Iterable[Leaf], *, at: int, until: int
    ) -> Self:
        """The one after `before`, signed."""
        ordered = tuple(sorted(leaves))
        statement = Statement(
            number=before.statement.number + 1 if before else 1,
            at=at,
            until=until,
            size=len(ordered),
            root=merkle.root([leaf.hashed for leaf in ordered]).hex(),
            previous=before.statement.digest if before else GENESIS,
            key=signer.fingerprint,
        )
        return cls(statement, signer.sign(statement.message), ordered)

    def authentic(self, keys: PublicKeys) -> bool:
        """Whether a trusted key signed the statement, and the leaves are the ones that it is about."""
        root = merkle.root([leaf.hashed for leaf in self.leaves]).hex()
        told = (self.statement.root, self.statement.size) == (root, len(self.leaves))
        return told and keys.confirm(self.statement.key, self.signature, self.statement.message)

    @cached_property
    def _index(self) -> dict[str, int]:
        return {leaf.chain: index for index, leaf in enumerate(self.leaves)}

    def leaf(self, chain: str) -> Leaf | None:
        """What it says of a chain, if anything."""
        return self.leaves[self._index[chain]] if chain in self._index else None

    def proof(self, chain: str) -> Proof:
        """The proof of inclusion of a chain.

        Raises:
            KeyError: the chain is not in it.
        """
        index = self._index[chain]
        siblings = merkle.path([leaf.hashed for leaf in self.leaves], index)
        return Proof(
            leaf=self.leaves[index],
            index=index,
            siblings=tuple(one.hex() for one in siblings),
            statement=self.statement,
            signature=self.signature,
        )

    def document(self) -> bytes:
        """As it is stored."""
        parts = {
            "statement": asdict(self.statement),
            "signature": b64encode(self.signature).decode(),
            "leaves": [list(leaf) for leaf in self.leaves],
        }
        return canonical(parts).encode()

    @classmethod
    def read(cls, document: bytes) -> Self:
        """The checkpoint of a stored document; its signature is not looked at.

        Raises:
            Unreadable: it is not what `document` writes.
        """
        try:
            parts = json.loads(document)
            found = cls(
                Statement(**parts["statement"]),
                b64decode(parts["signature"], validate=True),
                tuple(Leaf(*one) for one in parts["leaves"]),
            )
            if found.document() == document:
                return found
        except (KeyError, TypeError, ValueError, RecursionError):
            pass
        raise Unreadable("a checkpoint of the Ledger")
