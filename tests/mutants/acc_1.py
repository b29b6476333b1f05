"""Mutants of ACC-1: a number has one account, and no answer says whether it is registered."""

from infra.mutants.model import Mutant

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        name="claims_under_the_other_lookup_key_are_not_checked",
        promise="ACC-1",
        place="chalicelib.accounts.store:claim_writes",
        find="return [claim, *(Absent(key, conflict=AlreadyClaimed, or_over=free) for key in others)]",
        replace="return [claim]",
        harm=(
            "While the lookup key is rotated, one number gets two accounts, and its owner signs "
            "in to the wrong one."
        ),
    ),
    Mutant(
        name="code_to_a_passed_on_number_opens_the_idle_account",
        promise="ACC-1",
        place="chalicelib.signup.service:is_code_enough",
        find="not account.may_be_of_another",
        replace="account.may_be_of_another",
        harm="The new owner of a number signs in to the idle account of the number's former owner.",
    ),
    Mutant(
        name="code_opens_an_unused_account_on_any_device",
        promise="ACC-1",
        place="chalicelib.signup.service:_existing_account",
        find="if used is None or used.is_unused or account.dispute:",
        replace="if used is None or account.dispute:",
        harm="The new holder of a number reads what its former owner left in an unused account.",
    ),
    Mutant(
        name="return_of_the_owner_lets_the_stranger_in",
        promise="ACC-1",
        place="chalicelib.signup.service:_existing_account",
        find="if used is None or used.is_unused or account.dispute:",
        replace="if used is None or used.is_unused:",
        harm="The new holder of a number waits until the owner uses the account, and then opens it.",
    ),
    Mutant(
        name="waiting_session_reads_the_account",
        promise="ACC-1",
        place="chalicelib.accounts.sessions.caller:RightsCaller",
        find="if caller.session.is_waiting:",
        replace="if False:",
        harm="The new holder of a number lists the consents, requests and devices of its former owner.",
    ),
    Mutant(
        name="refresh_of_a_waiting_session_uses_the_account",
        promise="ACC-1",
        place="chalicelib.accounts.sessions.refresh:_traces",
        find="if session.is_waiting:",
        replace="if False:",
        harm="A refresh makes the device of a stranger known, and its next code opens the account.",
    ),
    Mutant(
        name="mailbox_of_another_account_lets_in",
        promise="ACC-1",
        place="chalicelib.signup.service:_numberless_account",
        find="account is None or account.phone or profile is None",
        replace="account is None or profile is None",
        harm="A thief of a mailbox signs in with it alone to an account that has a number.",
    ),
    Mutant(
        name="dispute_that_ends_at_this_moment_opens",
        promise="ACC-1",
        place="chalicelib.signup.service:_sign_in",
        find="return _open(challenge, answer, is_in_doubt=True)",
        replace="return _open(challenge, answer)",
        harm="A stranger whose code is verified at the moment of the owner's return gets into the account.",
    ),
    Mutant(
        name="number_is_taken_at_once",
        promise="ACC-1",
        place="chalicelib.accounts.model:NumberDispute",
        find="first + NUMBER_WAIT if first",
        replace="first if first",
        harm="A thief with the SIM card of an idle owner takes the number before the owner reads the mail.",
    ),
    Mutant(
        name="old_account_keeps_a_taken_number",
        promise="ACC-1",
        place="chalicelib.signup.service:_own_account",
        find="entry.makes.extend(accounts.number_passing(former, row[DATA_KEY]))",
        replace="pass",
        harm="The former owner's account still has the number, and its warnings go to the new holder.",
    ),
    Mutant(
        name="number_is_given_back_before_the_warning",
        promise="ACC-1",
        place="chalicelib.rights.rectification.new_number:check",
        find="if not waits or release is None",
        replace="if release is None",
        harm="Two operators who were deceived give the account a number before its owner learns of it.",
    ),
    Mutant(
        name="sessions_of_the_thief_outlive_the_number",
        promise="ACC-1",
        place="chalicelib.accounts.sessions.model:Session",
        find="ends = [account.sessions_since, ",
        replace="ends = [",
        harm="The thief goes on to read the account after its owner got it back.",
    ),
    Mutant(
        name="no_of_a_session_ends_nothing",
        promise="ACC-1",
        place="chalicelib.rights.engine.moves:undecided",
        find='"proofs": (),',
        replace='"proofs": request.proofs, "status": request.status,',
        harm="The holder of an account says no, and a person who deceived two operators gets it.",
    ),
    Mutant(
        name="number_needs_no_release_key",
        promise="ACC-1",
        place="chalicelib.rights.rectification.new_number:give",
        find="if not receipts.is_release_key(request.request_id, release.at, release_key):",
        replace="if False:",
        harm="The operator who entered a genuine request, or a thief of its receipt, gets the account.",
    ),
    Mutant(
        name="operator_with_the_receipt_gets_the_release_key",
        promise="ACC-1",
        place="chalicelib.rights.operators.extend:record_identity_proof",
        find="first if by == request.notes.entered_by else by",
        replace="by",
        harm="One operator alone gets the account, if a session contested the first decision.",
    ),
    Mutant(
        name="restored_request_gives_a_second_number",
        promise="ACC-1",
        place="chalicelib.rights.rectification.new_number:check",
        find="account.sessions_since >= release.at:",
        replace="False:",
        harm="After a restore of requests, an old receipt and its key open the account again.",
    ),
    Mutant(
        name="restore_forgets_the_no_of_a_session",
        promise="ACC-1",
        place="chalicelib.rights.restored.requests:restore_open",
        find="not (erases or request.gives_number):",
        replace="not erases:",
        harm="A decision that a session contested stands again after a restore of requests.",
    ),
    Mutant(
        name="device_of_the_thief_stays_known",
        promise="ACC-1",
        place="chalicelib.accounts.model:Account",
        find="device.seen_at > self.sessions_since",
        replace="True",
        harm="The thief's device and mailbox are two proofs of a guest, who then gets the copy.",
    ),
    Mutant(
        name="letter_of_a_new_holder_is_about_the_former_account",
        promise="ACC-1",
        place="chalicelib.rights.operators.enter:_take",
        find="contact_owners.is_of_two(_contact(received))",
        replace="False",
        harm="The former owner of a number asks for it, and gets the account of the one who has it now.",
    ),
    Mutant(
        name="contest_before_the_decision_is_the_only_one",
        promise="ACC-1",
        place="chalicelib.rights.operators.extend:_released",
        find="bool(before and before.was_contested)",
        replace="request.notes.contested_at is not None",
        harm="The warning says that the app can say no, and the app answers that it is too late.",
    ),
    Mutant(
        name="dispute_begins_without_a_notice",
        promise="ACC-1",
        place="chalicelib.rights.rectification.new_number:_move",
        find="if holder.account.account_id != notified:",
        replace="if False:",
        harm="The holder of a number loses it after seven days, and was not notified of the dispute.",
    ),
    Mutant(
        name="terms_of_new_numbers_are_checked_before_the_code",
        promise="ACC-1",
        place="chalicelib.signup.service:verify",
        find="ref = ChallengeRef(ChallengePurpose.SIGNUP, challenge_id)",
        replace=(
            "ref = ChallengeRef(ChallengePurpose.SIGNUP, challenge_id)\n"
            "    asked = challenges.get(ref)\n"
            "    if asked and asked.phone and accounts.glance_at_owner_of_contact(asked.phone, "
            ") is None:\n"
            "        notices.check_current(answer.terms_version, answer.privacy_version)"
        ),
        harm=(
            "A stranger sends a wrong code with old terms and learns from the error whether a "
            "number has an account."
        ),
    ),
    Mutant(
        name="signed_out_device_gets_a_code_by_mail",
        promise="ACC-1",
        place="chalicelib.accounts.model:Account.is_mailed_codes_of",
        find="(ended is None or device.seen_at > ended)",
        replace="True",
        harm="A thief signs in with a lost phone and the mailbox on it, although its owner signed it out.",
    ),
    Mutant(
        name="signed_out_owner_gets_no_code_by_mail",
        promise="ACC-1",
        place="chalicelib.accounts.sessions.logout:_seen",
        find="        if session := opened():",
        replace="        if (session := opened()) and session.is_waiting:",
        harm="An owner who signed out on the only device cannot sign in again where texts do not arrive.",
    ),
    Mutant(
        name="device_that_signs_another_out_is_seen",
        promise="ACC-1",
        place="chalicelib.accounts.sessions.logout:end",
        find="seen = _seen(opened) if is_own else []",
        replace="seen = _seen(opened)",
        harm="A thief signs the owner's other device out, and has the only one that gets codes by mail.",
    ),
    Mutant(
        name="device_is_signed_out_during_its_mailed_sign_in",
        promise="ACC-1",
        place="chalicelib.signup.service:_reached_account",
        find="None, accounts.unrevoked(account))",
        replace="None)",
        harm="A thief who signs in by mail just then stays signed in after the owner signed out all devices.",
    ),
    Mutant(
        name="mailed_code_proves_the_number",
        promise="ACC-1",
        place="chalicelib.signup.service:_reached_account",
        find="None, accounts.unrevoked(account))",
        replace="None, accounts.unrevoked(account), *_end_of_dispute(account))",
        harm="The former owner of a number keeps its new holder out, who waits for seven days in vain.",
    ),
    Mutant(
        name="changed_number_leaves_no_trace",
        promise="ACC-1",
        place="chalicelib.accounts.store.changes:_renumbering",
        find="traces += traces_of(account, ChangeKind.NUMBER, changed.phone, at, keys)",
        replace="pass",
        harm=(
            "After a restore, the account of a user with a stolen SIM is opened by the thief's number, "
            "and nothing shows that it had changed."
        ),
    ),
    Mutant(
        name="number_of_the_backup_counts_without_a_mark",
        promise="ACC-1",
        place="chalicelib.accounts.restored:last_number",
        find="        return account.phone  # it has not changed since\n    return None",
        replace="        pass\n    return account.phone",
        harm=(
            "After a restore without the mark of the change, the next owner of a number signs in to the "
            "account of the former one."
        ),
    ),
    Mutant(
        name="earlier_mark_counts_after_a_later_change",
        promise="ACC-1",
        place="chalicelib.accounts.restored:_is_newest",
        find="return recorded is None or recorded <= mark.at",
        replace="return True",
        harm="A mark that was copied back gives an account to a number that its owner gave up.",
    ),
    Mutant(
        name="restored_proofs_of_a_number_count",
        promise="ACC-1",
        place="chalicelib.accounts.store.changes:without_proofs",
        find="if account.dispute is None or not account.dispute.first_proofs:",
        replace="if True:",
        harm=(
            "After a restore, a stranger whom the owner had refused since the backup takes the number "
            "without another wait."
        ),
    ),
    Mutant(
        name="claims_of_lost_accounts_stay",
        promise="ACC-1",
        place="chalicelib.accounts.store:is_claim_of",
        find="        return False",
        replace="        return True",
        harm=(
            "A user whose account a restore lost cannot sign up again: the number belongs to an account "
            "that does not exist."
        ),
    ),
    Mutant(
        name="accounts_are_restored_without_claims",
        promise="ACC-1",
        place="infra.ops.data.restores:RestoredTables.parse",
        find="for table in found:",
        replace="for table in found.keys() & {Table.KEYS}:",
        harm=(
            "An operator restores accounts alone: users whose claims are newer are refused, or get the "
            "account of another person."
        ),
    ),
)
