"""Mutants of RGT-4: processing can be restricted, and data is then only stored."""

from infra.mutants.model import Mutant

MUTANTS = (
    Mutant(
        name="incomplete_pin_waits_a_day",
        promise="RGT-4",
        place="chalicelib.rights.restriction.steps:_keep_until",
        find="return Wait(timedelta(), WaitReason.MORE_RECORDS)",
        replace="return Wait(DAY, WaitReason.MORE_RECORDS)",
        harm=(
            "Of a person with many records, those that one run did not reach expire, though the "
            "restriction stops deletion."
        ),
    ),
    Mutant(
        name="contested_data_is_still_evaluated",
        promise="RGT-4",
        place="chalicelib.consents.restraints:_RESTRICTING",
        find="frozenset({RestraintKind.RESTRICTION, RestraintKind.CONTEST})",
        replace="frozenset({RestraintKind.RESTRICTION})",
        harm="While a person contests the accuracy of data, we go on evaluating that data.",
    ),
    Mutant(
        name="restriction_ends_with_its_announcement",
        promise="RGT-4",
        place="chalicelib.rights.restriction.steps:_announce_lifting",
        find="later = max(ends_at, clock.now() + settings().choices.lifting_notice_hours * HOUR)",
        replace="later = ends_at",
        harm="While SES takes no mail, a restriction ends at the moment in which its end is announced.",
    ),
)
