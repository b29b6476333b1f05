"""Mutants of RET-5: an account that is unused for a long time is erased after two warnings."""

from infra.mutants.model import Mutant

MUTANTS = (
    Mutant(
        name="use_after_the_warning_does_not_save_the_account",
        promise="RET-5",
        place="chalicelib.accounts.store.last_use:unused",
        find='Attr("used_at").eq(Attr("warned_for"))',
        replace='Attr("used_at").gte(Attr("warned_for"))',
        harm="A person signs in just before the deletion begins, and loses the account nevertheless.",
    ),
    Mutant(
        name="late_second_warning_shortens_the_time",
        promise="RET-5",
        place="chalicelib.rights.erasure.idle.plan:closes_at_if_warned",
        find="return max(use.closes_at or now, now + WARNED_AGAIN_BEFORE)",
        replace="return use.closes_at or now",
        harm="A person who gets the second warning late has less than fourteen days to keep the account.",
    ),
    Mutant(
        name="mail_of_a_killed_run_counts_as_sent",
        promise="RET-5",
        place="chalicelib.rights.erasure.idle.warnings:warn",
        find="arrived=False)",
        replace="arrived=True)",
        harm="A person whose warning was perhaps never sent loses the account as early as one who got it.",
    ),
)
