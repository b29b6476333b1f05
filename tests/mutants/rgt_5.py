"""Mutants of RGT-5: an objection stops the processing unless an operator gives reasons against it."""

from infra.mutants.model import Mutant

MUTANTS = (
    Mutant(
        name="roll_up_counts_those_who_objected",
        promise="RGT-5",
        place="chalicelib.usage.rollup:_permitted_purposes",
        find="{purpose for purpose in _COUNTED if permits(choices, purpose, offered())} - lapsed",
        replace="{*_COUNTED} - lapsed",
        harm=(
            "Fault reports of a person who objected to their use are still counted in the figures of the day."
        ),
    ),
    Mutant(
        name="end_of_one_objection_ends_all",
        promise="RGT-5",
        place="chalicelib.consents.restraints:without_restraint",
        find="{known: one for known, one in before.restraints.items() if known != request_id}",
        replace="{}",
        harm="A person cancels one of two objections, and the processing of the other one goes on too.",
    ),
    Mutant(
        name="objection_is_refused_without_a_ground",
        promise="RGT-5",
        place="chalicelib.rights.operators.decide:_check",
        find="if wants != (decision.reason is not None):",
        replace="if not wants and decision.reason is not None:",
        harm="Operators refuse an objection without a ground, and the processing resumes.",
    ),
)
