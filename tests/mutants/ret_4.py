"""Mutants of RET-4: analysis uses figures in which no person can be identified."""

from infra.mutants.model import Mutant

MUTANTS = (
    Mutant(
        name="rest_counts_one_person_many_times",
        promise="RET-4",
        place="chalicelib.usage.figures:_rests",
        find="sum(max((s[g].accounts for g in mine if g in s), default=0) for s in shards)",
        replace="sum(s[g].accounts for s in shards for g in mine if g in s)",
        harm="A published figure describes the use of one person who used ten rare screens.",
    ),
    Mutant(
        name="mean_of_one_person_is_published",
        promise="RET-4",
        place="chalicelib.usage.figures:_figure",
        find="enough = total.timed_accounts >= FEWEST",
        replace="enough = total.timed_events >= FEWEST",
        harm="The published mean duration is that of one person, if only that person's app sent durations.",
    ),
    Mutant(
        name="published_day_is_published_again",
        promise="RET-4",
        place="chalicelib.usage.store:publish",
        find="conflict=AlreadyPublished))",
        replace='conflict=AlreadyPublished, or_over=Attr("kind").exists()))',
        harm=(
            "A second run replaces the figures of a day, and the difference of both shows what one "
            "person did."
        ),
    ),
    Mutant(
        name="median_of_an_unknown_number_of_answers_is_published",
        promise="RET-4",
        place="chalicelib.operations.reports.figures:_days_of",
        find="if _is_known(shown, row) and of.total() >= least",
        replace="if of.total() >= least",
        harm="A reader of the yearly page learns from a median whether a count of a few people is even.",
    ),
)
