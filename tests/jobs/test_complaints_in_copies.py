"""A subject's copy has the complaints about the answers to their requests, without the staff."""

import pytest

from tests.support.cases.complaints import LETTER, decides, proposes, records
from tests.support.cases.copies import a_copy
from tests.support.world.operators import Operator
from tests.support.world.world import World


@pytest.mark.promise("RGT-1", "RGT-9")
def test_copy_has_complaints_and_no_staff_and_no_proposal(
    world: World, alice: Operator, bob: Operator
) -> None:
    mila = world.a_user().is_stepped_up()
    asked = mila.exercises("access").json["rights_request_id"]
    decides(alice, bob, records(alice, asked).json["id"], "rejected")
    proposes(alice, records(alice, asked, **LETTER, text="Answer her.").json["id"])
    package = a_copy(mila)
    decided, proposed = sorted(package.records("complaint"), key=lambda one: "decision" not in one)
    assert decided["decision"] == {"outcome": "rejected", "text": "We decide the request again."}
    assert (proposed["letter"]["authority_name"], proposed["text"]) == ("The Commissioner", "Answer her.")
    assert not {"proposal", "decision"} & proposed.keys()
    everything = "\n".join(package.text(name) for name in package.names)
    assert not [one for one in (alice, bob) if one.staff_id in everything]
