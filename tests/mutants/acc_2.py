"""Mutants of ACC-2: a number is verified before an account exists, and an abandoned signup leaves nothing."""

from infra.mutants.model import Mutant

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        name="resend_starts_the_attempts_again",
        promise="ACC-2",
        place="chalicelib.accounts.challenges.store:count_resend",
        find='put={"resend_after": clock.to_text(next_after)},',
        replace='put={"resend_after": clock.to_text(next_after), "attempts": 0},',
        harm="A stranger guesses the code of a number that is not theirs seventeen times instead of five.",
    ),
    Mutant(
        name="code_is_accepted_after_its_life",
        promise="ACC-2",
        place="chalicelib.accounts.challenges.store:count_attempt",
        find='Attr("code_until").gt(clock.to_text(clock.now())) & Attr("attempts").lt(maximum)',
        replace='Attr("attempts").lt(maximum)',
        harm="A person who finds yesterday's code on a phone opens an account with its number.",
    ),
    Mutant(
        name="abandoned_signup_is_kept_for_a_week",
        promise="ACC-2",
        place="chalicelib.core.periods:PERIODS",
        find='"challenge": _bounds("PT48H",',
        replace='"challenge": _bounds("P7D",',
        harm="We keep the number of a person who never signed up for seven days instead of two.",
    ),
)
