"""Mutants of RET-3: longer retention has a stated reason and an end."""

from infra.mutants.model import Mutant

MUTANTS = (
    Mutant(
        name="one_operator_renews_a_hold_without_end",
        promise="RET-3",
        place="chalicelib.retention.holds.service:_was_in_force_alone",
        find="return hold.confirmed_by is None and hold.in_force_from is not None",
        replace=(
            "return hold.confirmed_by is None and hold.in_force_from is not None and hold.lifted_by is None"
        ),
        harm=(
            "One operator keeps a person's data for years: each time they lift their own hold and "
            "place another one."
        ),
    ),
    Mutant(
        name="pins_outlast_the_hold",
        promise="RET-3",
        place="chalicelib.retention.holds.upkeep:_keep",
        find="until = min(hold.ends_at, _pinned_end(since, now))",
        replace="until = _pinned_end(since, now)",
        harm="A person's expired records stay stored for days after the hold that kept them has ended.",
    ),
    Mutant(
        name="first_hundred_lapsed_records_stay",
        promise="RET-3",
        place="chalicelib.rights.erasure.keep:settle",
        find="            held.delete(lapsed)\n            lapsed = []",
        replace="            lapsed = []",
        harm=(
            "After a hold on a deleted account is lifted, a hundred records stay, and the person is "
            "notified that none does."
        ),
    ),
    Mutant(
        name="certificate_names_a_day_too_late",
        promise="RET-3",
        place="chalicelib.core.page:last_day",
        find="day(end - timedelta(seconds=1), language)",
        replace="day(end, language)",
        harm="The certificate says that records are kept a day longer than they are.",
    ),
)
