"""Mutants of STR-5: an erased account is also erased at Stream, and the erasure is verified."""

from infra.mutants.model import Mutant

MUTANTS = (
    Mutant(
        name="task_without_the_user_counts_as_deletion",
        promise="STR-5",
        place="chalicelib.stream.deletion:_decide",
        find="task.outcomes.get(user_id, TaskOutcome.FAILED)",
        replace="task.outcomes.get(user_id, TaskOutcome.DELETED)",
        harm=(
            "The certificate tells a person that Stream reported the deletion of their messages, though "
            "Stream's report does not name them."
        ),
    ),
    Mutant(
        name="lost_answer_reads_as_never_had_a_user",
        promise="STR-5",
        place="chalicelib.rights.erasure.delete:_delete_at_stream",
        find="deletion.start(job.request.user_id, asked_before)",
        replace="deletion.start(job.request.user_id)",
        harm=(
            "After a lost answer, the certificate says that Stream has no such user, and so nothing of "
            "their messages, which nobody confirmed."
        ),
    ),
    Mutant(
        name="second_pass_believes_the_report",
        promise="STR-5",
        place="chalicelib.rights.erasure.delete:_verify",
        find="gone = deletion.is_gone(job.request.user_id)",
        replace="gone = notes.stream_answer is not None or deletion.is_gone(job.request.user_id)",
        harm=(
            "A user who connects once more after the deletion stays at Stream, and the erasure is certified."
        ),
    ),
    Mutant(
        name="last_check_is_never_looked_for",
        promise="STR-5",
        place="chalicelib.reconciliation.checks:_STAGES",
        find="(CheckStage.LAST, CheckStage.THIRD, CheckStage.SECOND, CheckStage.FIRST)",
        replace="(CheckStage.THIRD, CheckStage.SECOND, CheckStage.FIRST)",
        harm=(
            "An erased user who comes back at Stream in the third month is never looked for, and stays there."
        ),
    ),
    Mutant(
        name="repair_gives_up_after_its_attempts",
        promise="STR-5",
        place="chalicelib.reconciliation.checks:_store_progress",
        find="store.move(known.moved(task, counted_from=now), CheckStage.REPAIR, now + _PAUSE)",
        replace="store.end(known)",
        harm=(
            "If Stream fails for a day, an erased user who was found again stays at Stream, and nobody "
            "asks again."
        ),
    ),
    Mutant(
        name="late_profile_revives_the_user",
        promise="STR-5",
        place="chalicelib.reconciliation.unsent:_AccountRows.follow",
        find="sync.deactivate({self.subject: self.account.user_id})",
        replace="pass",
        harm="If the account is erased while its profile is sent, the person is an active user there again.",
    ),
    Mutant(
        name="unanswered_profile_revives_the_user",
        promise="STR-5",
        place="chalicelib.stream.users.sync:send",
        find="_ended_users(after, sent.taken | sent.unanswered)",
        replace="_ended_users(after, sent.taken)",
        harm=(
            "If Stream stores a profile without an answer while the account is erased, the person is an "
            "active user there again."
        ),
    ),
)
