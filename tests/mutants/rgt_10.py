"""Mutants of RGT-10: requests are answered within the legal deadline, with evidence of it."""

from infra.mutants.model import Mutant

MUTANTS = (
    Mutant(
        name="later_of_two_periods_counts",
        promise="RGT-10",
        place="chalicelib.rights.request.deadline:Clock.first_period_ends",
        find="last = min(received + LONGEST, received + relativedelta(months=1))",
        replace="last = max(received + LONGEST, received + relativedelta(months=1))",
        harm=(
            "In a month of 31 days, a person gets the answer a day later than promised, and nobody "
            "sees that it is late."
        ),
    ),
    Mutant(
        name="duty_that_kills_its_worker_blocks_the_others",
        promise="RGT-10",
        place="chalicelib.rights.engine.engine:_run_duties",
        find="for duty in (*due[first:], *due[:first]):",
        replace="for duty in due:",
        harm=(
            "A person never learns of the extension of their request, because an earlier duty kills "
            "each worker."
        ),
    ),
    Mutant(
        name="interrupted_worker_keeps_its_lease",
        promise="RGT-10",
        place="chalicelib.rights.engine.engine:_run_in_turn",
        find="return _give_back_lease(leased)",
        replace="return None",
        harm="A person whose identity was proven while a worker ran waits until its lease has expired.",
    ),
    Mutant(
        name="late_worker_gives_back_the_lease_of_another",
        promise="RGT-10",
        place="chalicelib.rights.engine.engine:_give_back_lease",
        find="if found is None or found.leased_until != leased.leased_until:",
        replace="if found is None:",
        harm="Two workers run a step at once, so a person may get a message twice.",
    ),
    Mutant(
        name="concurrent_entry_loses_the_evidence",
        promise="RGT-10",
        place="chalicelib.rights.request.store:move",
        find="            continue\n    return _write_move(before, after, entry, also)",
        replace="            break\n    return _write_move(before, after, None, also)",
        harm=(
            "A request is answered while an operator looks at it, and no evidence shows its subject "
            "or a court when."
        ),
    ),
    Mutant(
        name="alarm_shows_the_least_urgent_request",
        promise="RGT-10",
        place="chalicelib.rights.engine.queue:sweep",
        find="days if known is None else min(days, known)",
        replace="days if known is None else max(days, known)",
        harm=(
            "A person gets the answer late, since the alarm of operators counts the days of a "
            "request that has more."
        ),
    ),
    Mutant(
        name="extension_uses_up_the_reminders",
        promise="RGT-10",
        place="chalicelib.rights.operators.extend:extend",
        find="after = with_reminders_reset(extended.with_clock(longer), now)",
        replace="after = extended.with_clock(longer)",
        harm="Operators get no reminder of an extended request, and its subject gets the answer late.",
    ),
    Mutant(
        name="late_partial_refusal_counts_as_in_time",
        promise="RGT-10",
        place="chalicelib.rights.operators.decide:approve",
        find="late = proposal.reason is not None and not",
        replace="late = proposal.status is Status.REFUSED and not",
        harm=(
            "A person learns after the first month that a part is refused, and the evidence says "
            "that it was in time."
        ),
    ),
    Mutant(
        name="owed_evidence_outgrows_the_entry_that_appends_it",
        promise="RGT-10",
        place="chalicelib.rights.request.evidence:append_or_owe",
        find="owed = _bounded((",
        replace="owed = tuple((",
        harm=(
            "While its history is altered, a request grows until no write of it succeeds, and its subject "
            "gets no answer."
        ),
    ),
    Mutant(
        name="emptied_archive_counts_as_a_new_one",
        promise="RGT-10",
        place="chalicelib.core.chain.verification:verify_beginning",
        find="if first else clock.now()",
        replace="if first else at",
        harm="A person empties the bucket of checkpoints, rewrites all evidence, and verification succeeds.",
    ),
    Mutant(
        name="operator_who_extended_the_answer_judges_the_complaint",
        promise="RGT-10",
        place="chalicelib.rights.complaints.service:_staff_of",
        find="one.event != INSPECTED",
        replace="one.event == INSPECTED",
        harm="A person who complains that the answer took too long is judged by the operator who delayed it.",
    ),
    Mutant(
        name="deadline_of_an_authority_is_ours",
        promise="RGT-10",
        place="chalicelib.rights.complaints.service:open_complaint",
        find="new.letter.due_at if new.letter else Clock",
        replace="Clock",
        harm="The authority to which a person turned gets our answer late, and no operator sees it.",
    ),
    Mutant(
        name="look_at_what_staff_saw_leaves_no_entry",
        promise="RGT-10",
        place="chalicelib.rights.operators.inspect:show_history",
        find='history.record_view(by, "viewed", "chains", [chosen.name])',
        replace="pass",
        harm="An operator reads which persons' cases colleagues opened, and no record shows it.",
    ),
)
