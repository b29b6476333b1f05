"""Mutants of ACC-4: each item of a profile can be changed or removed alone, and an address is verified."""

from infra.mutants.model import Mutant

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        name="null_removes_nothing",
        promise="ACC-4",
        place="chalicelib.accounts.profiles.model:ProfileChanges.changes",
        find='include=self.model_fields_set - {"locale"}',
        replace='include=self.model_fields_set - {"locale"}, exclude_none=True',
        harm="A user removes their date of birth, and it stays on the profile.",
    ),
    Mutant(
        name="removed_address_stays_claimed",
        promise="ACC-4",
        place="chalicelib.accounts.profiles.service:_address_moves",
        find="accounts.email_moves(account, before.email, after.email,",
        replace="accounts.email_moves(account, None, after.email,",
        harm=(
            "A user removes their email address, and we keep its link to their account, so they "
            "cannot use it again."
        ),
    ),
    Mutant(
        name="patch_sets_an_unverified_address",
        promise="ACC-4",
        place="chalicelib.accounts.profiles.model:ProfileChanges",
        find='None, Field(description="null removes',
        replace='Line | None, Field(description="null removes',
        harm=(
            "A user puts the mailbox of another person on their profile, and that person gets the "
            "user's mail."
        ),
    ),
    Mutant(
        name="stolen_token_removes_the_mailbox",
        promise="ACC-4",
        place="chalicelib.consents.profile_changes.api:_check_step_up",
        find="if changes.names_email:",
        replace="if changes.names_email and len(changes.model_fields_set) == 1:",
        harm="A thief of an access token removes the owner's mailbox by a patch that changes the name too.",
    ),
    Mutant(
        name="mailbox_is_changed_without_an_announcement",
        promise="ACC-4",
        place="chalicelib.accounts.profiles.verification:finish",
        find="_announce(challenge, challenge.email, account, profile)",
        replace="challenge.email",
        harm="A thief puts their mailbox on the profile, and its owner does not learn of it.",
    ),
)
