"""Every public route in every state of its caller, and with ids of another account (ADR 107).

The routes are read from the app: a new one fails here until it is in a class. Classes, answers and refusals
are literal, so that a route which gets another caller by mistake fails too.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.core.http import contract
from chalicelib.core.ids import Id
from chalicelib.privacy.purposes import Practice
from tests.support.cases.abuse import decides, reports, suspend
from tests.support.cases.erasure_parts import erase, freeze, freeze_and_end
from tests.support.cases.pins import shows, with_pin
from tests.support.cases.recycled import loses_number
from tests.support.cases.routes import calls_route
from tests.support.clouds import cloud
from tests.support.clouds.cloud import counted
from tests.support.world.builders import a_phone
from tests.support.world.practices import describe
from tests.support.world.world import User

if TYPE_CHECKING:
    from collections.abc import Callable

    from infra.stream_emulator import Emulator
    from tests.support.world.world import Reply, World

# Each view by the class of its callers, and its answer to a caller whom it serves: the status of a call that
# names nothing that exists, or the problem of a 401 or 403.
ANSWERS: dict[str, dict[str, int | str]] = {
    # No session. A token that is sent changes no answer.
    "public": {
        "cancel_by_receipt": 404, "get_by_receipt": 404, "get_certificate_by_receipt": 404,
        "get_certificate_file_of_form": 404, "get_certificate_of_form": 404, "get_certificate_page": 404,
        "get_contact_page": 200, "get_copy_of_form": 404, "get_deletion_page": 200,
        "get_export_by_receipt": 404, "get_open_form": 200, "get_privacy_centre": 200,
        "get_privacy_policy": 200, "get_privacy_policy_version": 200, "get_public_page": 404,
        "get_receipt_page": 200, "get_reference": 200, "get_right_page": 404, "get_report_page": 200,
        "get_support_page": 200,
        "get_terms": 200, "get_terms_version": 404, "get_unsubscribe_page": 404, "get_uploaded_page": 200,
        "get_versions_page": 200, "list_current_notices": 200, "list_notices": 200,
        "list_signup_countries": 200, "offer_paper": 404, "read_android_statements": 200,
        "read_apple_association": 200, "read_certificate_keys": 200, "read_controller": 200,
        "read_health": 200, "read_keys": 200, "read_openapi": 200, "read_privacy_control": 200,
        "receive_stream_hook": "invalid_signature", "refresh_session": 400, "resend_code": 404,
        "send_receipt": 415, "send_right_form": 404, "send_report_form": 415, "send_step": 415,
        "send_support_form": 415,
        "start_guest_request": 400, "start_proof": 404, "start_signup": 400, "start_support_message": 400,
        "unsubscribe": 404, "object_to_bar": 404,
        "verify_code": 404, "verify_guest_request": 404, "verify_proof": 404,
        "verify_support_message": 404, "start_link": 400, "fetch_linked_session": 404,
        "log_in": 400, "prove_recovery": 404, "show_avatar": 404, "start_recovery": 400,
        "verify_recovery": 404,
    },
    # A session of any scope, also a waiting one.
    "holder": {"end_session": 404, "start_opening": 409, "verify_opening": 404},
    # A session of any account.
    "rights": {
        "cancel_rights_request": 404, "decide_on_purpose": 200, "end_all_sessions": 204,
        "exercise_right": 202, "get_certificate": 404, "get_rights_request": 404, "lift_restriction": 404,
        "list_announcements": 200, "list_breach_notices": 200, "list_consent_records": 200,
        "list_consents": 200, "list_rights_requests": 200, "list_sessions": 200, "note_signals": 200,
        "list_session_events": 200, "end_other_sessions": 204,
        "start_step_up": 202, "verify_step_up": 404,
        "appeal_abuse_report": 404, "appeal_safety_decision": 404, "list_abuse_reports": 200,
        "list_safety_decisions": 200, "report_abuse": 400, "show_abuse_report": 404,
    },
    "rights stepped up": {"confirm_session": 404, "exercise_right: access": 202, "get_export": 404},
    # A session of an active account.
    "active": {
        "accept_invitation": 404, "accept_notice": 204, "add_contact": 400, "block_user": 404,
        "match_contacts": 400,
        "change_members": 404, "change_profile": 400, "decline_invitation": 404, "delete_message": 404,
        "end_contact": 404, "invite": 400, "leave_conversation": 404, "lift_block": 404, "list_blocks": 200,
        "list_contacts": 200, "list_conversations": 200, "list_invitations": 200, "make_contact_code": 201,
        "mint_chat_token": 200, "open_conversation": 400, "read_conversation": 404, "read_profile": 200,
        "offer_avatar": 400, "remove_avatar": 204, "read_user": 404, "rename_conversation": 404,
        "show_link": 404, "submit_usage": 202,
        "change_notifications": 409, "list_missed_calls": 200, "report_missed_call": 400,
        "show_notifications": 200, "forget_push_token": 204, "register_push_token": 400,
        "withdraw_contact_code": 204,
    },
    "active stepped up": {
        "set_pin": 400, "set_password": 400, "remove_pin": 404, "remove_password": 404,
        "change_profile: email": 200, "confirm_link": 404, "start_email": 400, "start_number_change": 400,
        "verify_email": 404,
        "verify_number": 404,
    },
}  # fmt: skip

# Calls that need more than other calls of their route.
BODIES: dict[str, Any] = {
    "change_profile: email": {"email": None},
    "exercise_right: access": {"right": "access"},
}

# What refuses each class but the public one, in the order above, by the state of the caller; None: it is
# served. A session for which a PIN is still to be submitted is one of scope `waiting` (ADR 104).
REFUSALS: dict[str, tuple[str | None, ...]] = {
    "no_token": ("unauthenticated",) * 5,
    "expired": ("unauthenticated",) * 5,
    "ended": ("session_ended",) * 5,
    "erasing": ("session_ended",) * 5,
    "erased": ("session_ended",) * 5,
    "scope_waiting": (None, "session_waits", "session_waits", "session_waits", "session_waits"),
    "pin_open": (None, "session_waits", "session_waits", "session_waits", "session_waits"),
    "scope_rights": (None, None, "step_up_required", "account_frozen", "account_frozen"),
    "not_stepped_up": (None, None, "step_up_required", None, "step_up_required"),
    "frozen": (None, None, None, "account_frozen", "account_frozen"),
    "restricted": (None, None, None, "restricted", "restricted"),
    "suspended": (None, None, None, "account_suspended", "account_suspended"),
    "numberless": (None, None, None, None, None),
    "stepped_up": (None, None, None, None, None),
}
# Answers that depend on the state beyond that.
EXCEPTIONS: dict[tuple[str, str], int] = {
    ("scope_waiting", "start_opening"): 202,
    ("pin_open", "start_opening"): 202,
    ("numberless", "start_step_up"): 503,
}
# What a path names: things of one account, and what belongs to none.
OWNED = {
    "abuse_report_id", "challenge_id", "conversation_id", "invitation_id", "message_id",
    "rights_request_id", "safety_decision_id", "session_id", "user_id",
}  # fmt: skip
SHARED = {"avatar_id", "form", "link_id", "name", "purpose", "right", "token", "version"}
# Answers to a thing of another account, if they are not 404. Each is also the answer to an unknown one.
OTHERS: dict[str, int] = {
    "block_user": 204, "end_contact": 204, "leave_conversation": 204, "lift_block": 204, "resend_code": 410,
    "verify_code": 410, "verify_email": 410, "verify_guest_request": 410, "verify_number": 410,
    "verify_opening": 410, "verify_step_up": 410, "verify_support_message": 410, "prove_recovery": 400,
    "verify_recovery": 410, "object_to_bar": 410,
}  # fmt: skip
# A block is noted beside the user whom it names too (ADR 37).
CHANGING_OTHERS = {"block_user", "lift_block"}

ROUTES = {route.name: route for route in contract.routes() if not route.internal}
# The call that ends the session is the last one.
VIEWS = sorted((view for of in ANSWERS.values() for view in of), key="end_all_sessions".__eq__)
ONE_READ = Counter({"dynamodb.BatchGetItem": 1})


class Anonymous(User):
    @property
    def authorization(self) -> dict[str, str]:
        return {}


def no_token(world: World) -> User:
    user = world.a_user()
    return Anonymous(world, user.phone, user.verified)


def expired(world: World) -> User:
    user = stepped_up(world)
    world.advance(timedelta(minutes=15))
    return user


def ended(world: World) -> User:
    user = stepped_up(world)
    assert user.logs_out().status == 204
    return user


def erasing(world: World) -> User:
    user = stepped_up(world)
    freeze_and_end(user.account_id)
    return user


def erased(world: World) -> User:
    user = stepped_up(world)
    erase(user)
    return user


def scope_waiting(world: World) -> User:
    user = world.a_user()
    world.advance(timedelta(days=90))
    return user.signs_in_again()


def pin_open(world: World) -> User:
    user = with_pin(world.a_user())
    reply = shows(world, user.phone, pin_forgotten=True)
    return User(world, user.phone, reply.json)


def scope_rights(world: World) -> User:
    user = world.a_user()
    freeze(user.account_id)
    return user.signs_in_again()


def not_stepped_up(world: World) -> User:
    """Return a user whose step-up is over, while the token is still valid."""
    user = stepped_up(world)
    world.advance(timedelta(minutes=10))
    return user


def frozen(world: World) -> User:
    user = stepped_up(world)
    freeze(user.account_id)
    return user


def restricted(world: World) -> User:
    user = stepped_up(world)
    assert user.exercises("restriction", ground="a").status == 202
    return user


def suspended(world: World) -> User:
    user = stepped_up(world)
    suspend(user)
    return user


def numberless(world: World) -> User:
    user = stepped_up(world)
    loses_number(user)
    return user


def stepped_up(world: World) -> User:
    return world.a_user().is_stepped_up()


def call(user: User, view: str, headers: dict[str, str] | None = None, **ids: str) -> Reply:
    route = ROUTES[view.partition(":")[0]]
    return calls_route(user, route.method, route.path, headers, BODIES.get(view), **ids)


def outcome(reply: Reply) -> int | str | None:
    return reply.problem if reply.status in {401, 403} else reply.status


def test_every_route_is_in_one_class_and_every_part_of_a_path_is_known() -> None:
    named = Counter(view for view in VIEWS if view not in BODIES)
    assert named == Counter([*ROUTES]), "put a new route into its class in ANSWERS"
    parts = {part for route in ROUTES.values() for part in route.path_parts}
    assert parts == OWNED | SHARED, "put a new part into OWNED, with a thing of Vera's, or into SHARED"


@pytest.mark.parametrize(
    "make",
    [
        no_token,
        pytest.param(expired, marks=pytest.mark.promise("SEC-1")),
        pytest.param(ended, marks=pytest.mark.promise("STR-3")),
        pytest.param(erasing, marks=pytest.mark.promise("RGT-3")),
        pytest.param(erased, marks=pytest.mark.promise("RGT-3")),
        pytest.param(scope_waiting, marks=pytest.mark.promise("ACC-1")),
        pytest.param(pin_open, marks=pytest.mark.promise("ACC-3")),
        pytest.param(scope_rights, marks=pytest.mark.promise("RGT-11")),
        pytest.param(not_stepped_up, marks=pytest.mark.promise("ACC-4", "SEC-1")),
        pytest.param(frozen, marks=pytest.mark.promise("RGT-11")),
        pytest.param(restricted, marks=pytest.mark.promise("RGT-4", "RGT-11")),
        pytest.param(suspended, marks=pytest.mark.promise("SAF-1", "RGT-11")),
        numberless,
        stepped_up,
    ],
)
def test_each_route_serves_or_refuses_its_caller(world: World, make: Callable[[World], User]) -> None:
    state, user = make.__name__, make(world)
    expected: dict[str, int | str | None] = {
        view: refusal or EXCEPTIONS.get((state, view), served)
        for of, refusal in zip(ANSWERS, (None, *REFUSALS[state]), strict=True)
        for view, served in ANSWERS[of].items()
    }
    answers: dict[str, int | str | None] = {}
    effects: dict[str, Counter[str]] = {}
    for view in VIEWS:
        with counted() as calls:
            answers[view] = outcome(call(user, view))
        if isinstance(expected[view], str) and calls - ONE_READ:
            effects[view] = calls
    assert answers == expected
    assert effects == {}, "a refused call did more than read its caller"


def things_of(vera: User, zoe: User) -> list[dict[str, str]]:
    """Return ids of things of Vera's by the parts of paths that name them, with one challenge each."""
    vera.meets(zoe)
    assert zoe.world.a_user().invites(vera).status == 202
    asked = vera.exercises("restriction", ground="a", purposes=["diagnostics"])
    alice = zoe.world.an_operator("alice")
    decision = decides(alice, reports(zoe, vera).json["abuse_report_id"]).json["id"]
    things = {
        "abuse_report_id": reports(vera, zoe).json["abuse_report_id"],
        "conversation_id": vera.opens(zoe).json["conversation_id"],
        "invitation_id": vera.gets("/v1/invitations").json["items"][0]["invitation_id"],
        "message_id": "m-1",
        "rights_request_id": asked.json["rights_request_id"],
        "safety_decision_id": decision,
        "session_id": vera.session["session_id"],
        "user_id": vera.user_id,
    }
    sent = vera.asks_to_step_up(), vera.asks_for_email("v@test.example"), vera.asks_for_number(a_phone())
    return [{**things, "challenge_id": one.json["challenge_id"]} for one in sent]


def items_besides(user: User) -> list[dict[str, Any]]:
    """Return the items of all others, without counters of limits."""
    own = (f"A#{user.account_id}", "limit#")
    return [item for item in cloud.all_items() if not item["pk"]["S"].startswith(own)]


@pytest.mark.promise("SEC-1", "ACC-5")
def test_thing_of_another_account_is_answered_like_an_unknown_one(world: World, stream: Emulator) -> None:
    describe(Practice.REPORTING)
    mila, veras = stepped_up(world), things_of(stepped_up(world), world.a_user())
    receipt = mila.exercises("objection", purposes=["diagnostics"]).json["receipt"]
    answers, unknown, changing = {}, {}, set()
    for view in sorted(name for name, route in ROUTES.items() if OWNED & route.path_parts.keys()):
        before = items_besides(mila)
        answers[view] = {outcome(call(mila, view, {"Rights-Receipt": receipt}, **ids)) for ids in veras}
        changing |= {view} if items_besides(mila) != before else set()
        new = {name: kind.new() for name, kind in ROUTES[view].path_parts.items() if issubclass(kind, Id)}
        unknown[view] = {
            outcome(call(mila, view, {"Rights-Receipt": receipt}, **{"message_id": "m-2", **new}))
        }
    expected = {view: {OTHERS.get(view, 404)} for view in answers}
    assert unknown == expected
    assert answers == expected | {"read_user": {200}}  # the part of a profile that is public
    assert changing == CHANGING_OTHERS
