"""Mutants of ACC-5: a device is a random id, and a person sees and ends its sessions."""

from infra.mutants.model import Mutant

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        name="sign_out_everywhere_gives_up",
        promise="ACC-5",
        place="chalicelib.accounts.sessions.logout:_end_each",
        find="_end_singly(account_id, some, event)",
        replace="return",
        harm=(
            "After signing out everywhere, the thief of a phone stays signed in, if another "
            "session ended meanwhile."
        ),
    ),
    Mutant(
        name="device_id_may_encode_a_hardware_address",
        promise="ACC-5",
        place="chalicelib.accounts.model:_random",
        find="if value.version != 4:",
        replace="if value.version not in {1, 4}:",
        harm="An app sends the hardware address of a phone inside its device id, and we keep it.",
    ),
    Mutant(
        name="any_older_refresh_token_is_answered",
        promise="ACC-5",
        place="chalicelib.accounts.sessions.rotation:decide",
        find="shown.generation == active.generation - 1",
        replace="shown.generation < active.generation",
        harm=(
            "A thief gets into the account with an old token from a backup of the phone, and the "
            "session goes on."
        ),
    ),
    Mutant(
        name="sign_out_everywhere_stops_while_sessions_open",
        promise="ACC-5",
        place="chalicelib.accounts.sessions.logout:_end_each",
        find="raise Unavailable",
        replace="return",
        harm="A thief who signs in again and again stays signed in, and the owner reads that all ended.",
    ),
    Mutant(
        name="copied_token_is_shown_as_a_sign_out",
        promise="ACC-5",
        place="chalicelib.accounts.sessions.logout:end_family",
        find="SecurityEventKind.COPIED_TOKEN_REFUSED",
        replace="SecurityEventKind.SIGNED_OUT",
        harm="The owner does not learn that a refresh token was copied.",
    ),
    Mutant(
        name="link_needs_no_step_up",
        promise="ACC-5",
        place="chalicelib.accounts.links.api:confirm_link",
        find="caller: ActiveStepUpCaller",
        replace="caller: Caller",
        harm="A thief with a stolen token signs a device of their own in for good.",
    ),
    Mutant(
        name="qr_code_fetches_the_session",
        promise="ACC-5",
        place="chalicelib.accounts.links.service:fetch",
        find='"kept_hash"',
        replace='"shown_hash"',
        harm="A bystander who photographs the QR code gets the session that the owner confirms.",
    ),
    Mutant(
        name="ended_session_confirms_a_link",
        promise="ACC-5",
        place="chalicelib.accounts.links.service:confirm",
        find="live(by),",
        replace="",
        harm="A session that the owner ends at this moment lets in another device of the thief.",
    ),
    Mutant(
        name="linked_device_is_an_origin",
        promise="ACC-5",
        place="chalicelib.accounts.links.service:confirm",
        find="origin_id=by.origin",
        replace="origin_id=None",
        harm="A thief with one unlocked phone makes a second device, and both count as two proofs.",
    ),
    Mutant(
        name="link_is_guessed_without_end",
        promise="ACC-5",
        place="chalicelib.accounts.links.store:count_attempt",
        find=".lt(ATTEMPTS_MOST)",
        replace=".gte(0)",
        harm="A stranger may try secrets of a link as fast as they can.",
    ),
)
