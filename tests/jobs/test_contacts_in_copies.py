"""The copy of a subject's data contains contacts and blocks, and discloses no decision of anyone else."""

import pytest

from chalicelib.rights.copy.model import CopyKind
from tests.support.cases.copies import a_copy
from tests.support.world.world import World

AT = "2026-11-24T12:00:00Z"


@pytest.mark.promise("RGT-1")
def test_copy_contains_contacts_received_invitations_and_own_blocks(world: World) -> None:
    mila, jovan, vuk, ana = (world.a_user() for _ in range(4))
    jovan.adds(mila.makes_a_code())
    vuk.invites(mila)
    mila.blocks(ana)
    copy = a_copy(mila)
    assert copy.records("contact") == [{"user_id": jovan.user_id, "since": AT}]
    (invitation,) = copy.records("invitation")
    assert (invitation["user_id"], invitation["state"]) == (vuk.user_id, "pending")
    (blocks,) = copy.records("block_list")
    assert blocks["blocks"] == [{"user_id": ana.user_id, "blocked_at": AT}]


@pytest.mark.promise("RGT-8")
def test_portable_copy_contains_contacts_and_blocks(world: World) -> None:
    mila, jovan, ana = (world.a_user() for _ in range(3))
    jovan.adds(mila.makes_a_code())
    mila.blocks(ana)
    copy = a_copy(mila, CopyKind.PORTABILITY)
    assert [one["user_id"] for one in copy.records("contact")] == [jovan.user_id]
    assert [one["blocks"][0]["user_id"] for one in copy.records("block_list")] == [ana.user_id]


@pytest.mark.promise("RGT-1")
def test_copy_discloses_neither_blockers_nor_recipients_of_invitations(world: World) -> None:
    mila, jovan, vuk, ana = (world.a_user() for _ in range(4))
    mila.invites(jovan)
    vuk.blocks(mila)
    mila.blocks(ana)
    copy = a_copy(mila)
    assert copy.records("sent_invitation") == copy.records("blocked_by") == []
    content = "".join(copy.text(name) for name in copy.names if not name.endswith((".png", ".pdf")))
    assert jovan.user_id not in content
    hidden = (jovan.account_id, vuk.account_id, ana.account_id, vuk.user_id, ana.phone)
    assert not [one for one in hidden if one in content]


@pytest.mark.promise("SEC-1")
def test_copy_contains_no_part_of_a_contact_code(world: World) -> None:
    mila = world.a_user()
    code = mila.makes_a_code()
    copy = a_copy(mila)
    assert copy.records("contact_code") == [{"made_at": AT}]
    assert code not in "".join(copy.text(name) for name in copy.names)
