"""Mutants of NOT-1: a changed policy is announced before it takes effect, and acceptances are recorded."""

from infra.mutants.model import Mutant

MUTANTS = (
    Mutant(
        name="late_announcement_has_no_notice_period",
        promise="NOT-1",
        place="chalicelib.consents.notices.versions:Standing.applies_from",
        find="return max(notice.effective_at, announcement.announced_at + Settings.notice_period)",
        replace="return notice.effective_at",
        harm=(
            "A new policy applies to a person on the day on which they learn of it, if its "
            "announcement to them was late."
        ),
    ),
    Mutant(
        name="second_round_is_never_made",
        promise="NOT-1",
        place="chalicelib.consents.announcements:_ROUNDS",
        find="Rounds(2,",
        replace="Rounds(1,",
        harm="A person whose account the first pass could not see never learns of a new policy.",
    ),
    Mutant(
        name="old_acceptance_counts_for_a_new_version",
        promise="NOT-1",
        place="chalicelib.consents.notices.versions:Standing.due",
        find="current.version in self.accepted",
        replace="self.accepted",
        harm="A person who accepted the first terms is never asked to accept the changed ones.",
    ),
    Mutant(
        name="mail_of_a_killed_worker_is_sent_again",
        promise="NOT-1",
        place="chalicelib.messages.campaigns.campaign:notify",
        find=" or (so_far and so_far.state is NoticeState.SENDING)",
        replace="",
        harm="A person gets a second mail about the same version if a worker dies while it sends the first.",
    ),
    Mutant(
        name="one_person_publishes_alone",
        promise="NOT-1",
        place="chalicelib.staff.notices:approve",
        find="standing.proposed.by == by",
        replace="False",
        harm="One operator binds all people to a text that no other person read.",
    ),
    Mutant(
        name="approval_of_other_pages",
        promise="NOT-1",
        place="chalicelib.staff.notices:approve",
        find="standing.proposed.digest != digest",
        replace="False",
        harm="An operator approves other pages than those that were proposed.",
    ),
    Mutant(
        name="unapproved_pages_are_deployed",
        promise="NOT-1",
        place="infra.deployment.preflight.notice_checks:_unapproved",
        find='found.get("approved", {}).get("digest") != digest',
        replace="False",
        harm="Production serves a policy that was not approved.",
    ),
    Mutant(
        name="stage_that_does_more_is_deployed",
        promise="NOT-1",
        place="infra.deployment.preflight.notice_checks:_untrue",
        find="        if found:",
        replace="        if not found:",
        harm="Data is kept for longer than the policy in effect says.",
    ),
    Mutant(
        name="papers_are_taken_before_the_policy_says_so",
        promise="NOT-1",
        place="chalicelib.rights.guests.service:offer_paper",
        find="if not notices.describes(Practice.IDENTITY_PAPERS):",
        replace="if request is None:",
        harm="People send pictures of passports that no policy in effect mentions.",
    ),
)
