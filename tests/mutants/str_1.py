"""Mutants of STR-1: Stream receives a random id, a display name and a picture of each user."""

from infra.mutants.model import Mutant

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        name="user_id_is_made_from_the_number",
        promise="STR-1",
        place="chalicelib.accounts.service:new_account",
        find="user_id=UserId.new(),",
        replace="user_id=UserId.from_digest(phone.encode().zfill(17)),",
        harm="Stream and every other user can compute a user's mobile number from the user's id.",
    ),
    Mutant(
        name="default_name_has_digits_of_the_number",
        promise="STR-1",
        place="chalicelib.signup.service:_new_account",
        find="answer.display_name, keys)",
        replace='answer.display_name or f"User {account.phone[-4:]}", keys)',
        harm="Stream gets the last four digits of the number of a user who chose no name.",
    ),
    Mutant(
        name="removed_display_name_becomes_the_full_name",
        promise="STR-1",
        place="chalicelib.accounts.profiles.service:_merged",
        find="values[name] = random_nickname()",
        replace="values[name] = profile.name or random_nickname()",
        harm="A user removes their display name, and Stream gets their full name instead of a nickname.",
    ),
)
