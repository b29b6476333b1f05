"""Tests Merkle proofs: they prove that a leaf is included, and are invalid for other values."""

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.chain.checkpoints import climb_to_root, leaf_hash, merkle_path, merkle_root

LEAVES = st.lists(st.binary(max_size=8).map(leaf_hash), min_size=1, max_size=40)


@given(LEAVES, st.data())
def test_every_leaf_has_a_path_to_the_root(leaves: list[bytes], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    path = merkle_path(leaves, index)
    assert climb_to_root(leaves[index], index, len(leaves), path) == merkle_root(leaves)
    assert len(path) <= (len(leaves) - 1).bit_length()


@given(LEAVES, st.data())
def test_changed_proof_is_invalid(leaves: list[bytes], data: st.DataObject) -> None:
    root, size = merkle_root(leaves), len(leaves)
    index = data.draw(st.integers(0, size - 1))
    path = list(merkle_path(leaves, index))
    other = leaf_hash(b"something else entirely")
    assert climb_to_root(other, index, size, path) != root
    assert climb_to_root(leaves[index], index, size, [*path, other]) != root
    assert climb_to_root(leaves[index], size, size, path) is None
    if path:
        at = data.draw(st.integers(0, len(path) - 1))
        assert climb_to_root(leaves[index], index, size, [*path[:at], other, *path[at + 1 :]]) != root
        assert climb_to_root(leaves[index], index, size, path[:at] + path[at + 1 :]) != root


@given(LEAVES, st.data())
def test_changed_leaves_change_the_root(leaves: list[bytes], data: st.DataObject) -> None:
    root = merkle_root(leaves)
    at = data.draw(st.integers(0, len(leaves) - 1))
    other = leaf_hash(b"something else entirely")
    assert merkle_root([*leaves[:at], other, *leaves[at + 1 :]]) != root
    assert merkle_root([*leaves[:at], *leaves[at + 1 :]]) != root
    assert merkle_root([*leaves[:at], other, *leaves[at:]]) != root


def test_tree_is_hashed_as_rfc_6962_specifies() -> None:
    """The known answers of certificate-transparency's reference: leaves "", "00", "10", "2021"."""
    leaves = [leaf_hash(bytes.fromhex(leaf)) for leaf in ("", "00", "10", "2021")]
    assert merkle_root([]).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert merkle_root(leaves[:1]).hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert merkle_root(leaves[:2]).hex() == "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"
    assert merkle_root(leaves[:3]).hex() == "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"
    assert merkle_root(leaves).hex() == "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"
