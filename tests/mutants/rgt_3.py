"""Mutants of RGT-3: an account can be erased; what a law keeps is locked, named and dated."""

from infra.mutants.model import Mutant

MUTANTS = (
    Mutant(
        name="outage_ends_the_duty_to_confirm",
        promise="RGT-3",
        place="chalicelib.rights.erasure.confirm:_wait_for_grace",
        find="if mail_id is None or campaigns.came_back(mail_id):",
        replace="if mail_id and campaigns.came_back(mail_id):",
        harm="While SES and SNS are away, an account is deleted whose owner never learned of the request.",
    ),
    Mutant(
        name="confirmation_that_came_back_counts",
        promise="RGT-3",
        place="chalicelib.rights.erasure.confirm:_wait_for_grace",
        find="if mail_id is None or campaigns.came_back(mail_id):",
        replace="if mail_id is None:",
        harm="An account is deleted whose owner has a dead mailbox and a number that was never used.",
    ),
    Mutant(
        name="late_writes_of_usage_stay",
        promise="RGT-3",
        place="chalicelib.privacy.erasure:remaining",
        find="for place in deletable_tables():",
        replace="for place in (Table.ACCOUNTS, Table.BILLING):",
        harm=(
            "A usage event that arrives during the deletion stays stored, and the certificate says "
            "that nothing is left."
        ),
    ),
    Mutant(
        name="preserved_messages_stay",
        promise="RGT-3",
        place="chalicelib.rights.erasure.delete:_keys",
        find="return key_of(request_id), preserved_key_of(request_id)",
        replace="return (key_of(request_id),)",
        harm=(
            "The messages that a restriction preserved stay stored after the account of their owner "
            "is deleted."
        ),
    ),
    Mutant(
        name="certificate_dates_backups_too_early",
        promise="RGT-3",
        place="chalicelib.rights.erasure.certificates.model:_backups",
        find="return max(max(dates) + kept_for, left_until or key_deleted_at)",
        replace="return min(dates) + kept_for",
        harm=(
            "The certificate tells a person that backups have no readable data any more, while one "
            "still has some."
        ),
    ),
    Mutant(
        name="law_is_not_named_beside_a_hold",
        promise="RGT-3",
        place="chalicelib.rights.erasure.keep:_lines",
        find="if record.statutory_until and record.statutory_until > now:",
        replace="if record.statutory_until and record.statutory_until > now and not record.holds:",
        harm=(
            "The answer names the end of a dispute, but not that a law keeps the same record for "
            "years longer."
        ),
    ),
    Mutant(
        name="first_of_several_ends_counts",
        promise="RGT-3",
        place="chalicelib.retention.held.model:KeepReasons.ends",
        find="max([*ends, *([statutory] if statutory else [])])",
        replace="min([*ends, *([statutory] if statutory else [])])",
        harm=(
            "A record that a law keeps for years is deleted when a short hold ends, and its owner "
            "cannot prove a payment."
        ),
    ),
    Mutant(
        name="restore_revives_an_erasure_that_was_pending",
        promise="RGT-3",
        place="chalicelib.operations.restore.marks:_unfinished",
        find="if not any(one.key == final_key and one.written_at < since for one in own):",
        replace="if not any(one.written_at < since for one in own):",
        harm=(
            "A restored backup brings back the account of a person whose deletion had begun before "
            "it and ended after it."
        ),
    ),
    Mutant(
        name="erasure_after_a_restore_uses_the_number_of_the_backup",
        promise="RGT-3",
        place="chalicelib.operations.restore.owners:correct_erased",
        find="        if writes:",
        replace="        if False:",
        harm=(
            "After a restore, the notice that an account was erased, and the objection to marketing of its "
            "owner, reach the person who has the number or mailbox by now."
        ),
    ),
    Mutant(
        name="operator_counts_as_two_during_a_rotation",
        promise="RGT-3",
        place="chalicelib.staff.service:register",
        find="() if known else older",
        replace="()",
        harm=(
            "One operator whose first calls reach two containers erases an account alone, while the key of "
            "pseudonyms is rotated."
        ),
    ),
    Mutant(
        name="backup_of_a_deleted_table_does_not_count",
        promise="RGT-3",
        place="chalicelib.retention.backups.model:TableBackup.is_left",
        find="self.ends_at is not None or self.made_at",
        replace="self.made_at",
        harm=(
            "The data keys of erased people stay in a backup for 35 days, no alarm rings, and certificates "
            "say that nothing can be read after seven."
        ),
    ),
    Mutant(
        name="certificate_ignores_backups_that_are_left",
        promise="RGT-3",
        place="chalicelib.rights.erasure.certificates.model:_backups",
        find="left_until or key_deleted_at",
        replace="key_deleted_at",
        harm="A certificate states a day on which a backup still opens the data of the person.",
    ),
    Mutant(
        name="table_is_deleted_while_it_can_be_recovered",
        promise="RGT-3",
        place="infra.deployment.tables:remove",
        find='!= "DISABLED"',
        replace='== "OTHER"',
        harm="The lost table of keys leaves a backup for 35 days, which cannot be deleted.",
    ),
    Mutant(
        name="one_operator_removes_a_table",
        promise="RGT-3",
        place="chalicelib.retention.removals.service:approve",
        find="check_second(by, removal.proposed_by)",
        replace="pass",
        harm="One operator deletes the last backups of everyone's data.",
    ),
    Mutant(
        name="name_of_a_group_stays_sealed_for_the_erased",
        promise="RGT-3",
        place="chalicelib.people.conversations.names:inherited",
        find="if after.name is None or after.name.account_id in after.account_ids:",
        replace="if True:",
        harm="The conversations of others still name the account of a person who was erased.",
    ),
    Mutant(
        name="erasure_leaves_claims_on_push_tokens",
        promise="RGT-3",
        place="chalicelib.rights.erasure.capture:_quarantine",
        find='        "push_claim": push_tokens.release_claims(request.account_id),\n',
        replace="",
        harm="Hashes of the phones of an erased account stay, and name it.",
    ),
)
