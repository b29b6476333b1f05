"""Mutants of USE-6: analytics platforms receive only aggregates."""

from infra.mutants.model import Mutant

MUTANTS = (
    Mutant(
        name="events_count_as_people",
        promise="USE-6",
        place="chalicelib.usage.figures:figures",
        find="total.accounts >= FEWEST",
        replace="total.events >= FEWEST",
        harm="A published figure describes what one single person did ten times.",
    ),
    Mutant(
        name="one_person_counts_in_each_group_of_the_rest",
        promise="USE-6",
        place="chalicelib.usage.figures:_rests",
        find="max((s[g].accounts for g in mine if g in s), default=0)",
        replace="sum(s[g].accounts for g in mine if g in s)",
        harm="The figure of all small groups is published although it describes fewer than ten people.",
    ),
    Mutant(
        name="mean_duration_of_a_few_is_published",
        promise="USE-6",
        place="chalicelib.usage.figures:_figure",
        find="total.timed_accounts >= FEWEST",
        replace="total.timed_events >= FEWEST",
        harm="A figure shows how long one single person spent on a screen.",
    ),
)
