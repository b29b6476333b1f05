"""Mutants of ACC-1: a number has one account, and no answer says whether it is registered."""

from infra.mutants.model import Mutant

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        name="claims_under_the_other_lookup_key_are_not_checked",
        promise="ACC-1",
        place="chalicelib.accounts.store:_claim_writes",
        find="return [claim, *(Absent(key, conflict=AlreadyClaimed, or_over=free) for key in others)]",
        replace="return [claim]",
        harm=(
            "While the lookup key is rotated, one number gets two accounts, and its owner signs "
            "in to the wrong one."
        ),
    ),
    Mutant(
        name="code_to_a_passed_on_number_opens_the_idle_account",
        promise="ACC-1",
        place="chalicelib.signup.service:_is_code_enough",
        find="not account.frozen.idle",
        replace="account.frozen.idle",
        harm="The new owner of a number signs in to the idle account of the number's former owner.",
    ),
    Mutant(
        name="terms_of_new_numbers_are_checked_before_the_code",
        promise="ACC-1",
        place="chalicelib.signup.service:verify",
        find="ref = _ref(challenge_id)",
        replace=(
            "ref = _ref(challenge_id)\n"
            "    asked = challenges.get(ref)\n"
            "    if asked and asked.phone and accounts.glance_at_owner_of_phone(asked.phone) is None:\n"
            "        notices.check_current(answer.terms_version, answer.privacy_version)"
        ),
        harm=(
            "A stranger sends a wrong code with old terms and learns from the error whether a "
            "number has an account."
        ),
    ),
)
