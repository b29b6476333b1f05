"""Mutants of ACC-5: a device is a random id, and a person sees and ends its sessions."""

from infra.mutants.model import Mutant

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        name="sign_out_everywhere_gives_up",
        promise="ACC-5",
        place="chalicelib.accounts.sessions.logout:end_all",
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
)
