"""Signatures are checked offline, and old ones stay valid after a key change."""

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from chalicelib.core import aws, chain
from chalicelib.core.chain import Chain, ChainVerdict, PublicKeys, archive
from chalicelib.core.chain.verification import BadSignature
from chalicelib.core.settings import settings
from tests.support.clouds.cloud import counted
from tests.support.world.ledger import MILA, an_untrusted_key, checkpoint, verify, write
from tests.support.world.world import World

pytestmark = pytest.mark.usefixtures("archived")


def test_proof_of_inclusion_is_checked_offline(world: World) -> None:
    for n in range(5):
        write(Chain("consent", f"p-{n}"), 1)
    checkpoint(world)
    found, keys = archive.newest(), PublicKeys(chain.current_signer().pem)
    assert found
    with counted() as calls:
        for leaf in found.leaves:
            proof = found.proof(leaf.chain)
            assert proof.holds(keys)
            assert not replace(proof, leaf=leaf._replace(seq=leaf.seq + 1)).holds(keys)
            assert not replace(proof, index=(proof.index + 1) % 5).holds(keys)
            assert not replace(proof, signature=b"").holds(keys)
            assert not proof.holds(PublicKeys(an_untrusted_key()))
    assert calls == {}


def test_only_keys_on_p256_are_trusted() -> None:
    public = ec.generate_private_key(ec.SECP384R1()).public_key()
    with pytest.raises(TypeError):
        PublicKeys(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode())


def test_old_checkpoints_stay_valid_after_a_new_key(world: World) -> None:
    write(MILA, 1)
    checkpoint(world)
    old, kms = chain.current_signer().pem, aws.client("kms")
    fresh = kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    kms.update_alias(AliasName=settings().checkpoint_key(), TargetKeyId=fresh)
    write(MILA, 1)
    checkpoint(world)
    new = chain.current_signer().pem
    assert verify(MILA, keys=PublicKeys(old, new)) == ChainVerdict((), covered=2)
    assert verify(MILA, keys=PublicKeys(new)).findings == (BadSignature(1),)
