"""Mutants of RGT-11: everyone can exercise their rights, with or without access to an account."""

from infra.mutants.model import Mutant

MUTANTS = (
    Mutant(
        name="new_phone_cannot_stop_an_erasure",
        promise="RGT-11",
        place="chalicelib.signup.service:is_code_enough",
        find="if account.frozen is None or not account.may_be_of_another:",
        replace="if account.frozen is None:",
        harm=(
            "A person whose phone was stolen cannot sign in with a new one to stop the deletion that "
            "the thief asked for."
        ),
    ),
    Mutant(
        name="one_proof_counts_twice",
        promise="RGT-11",
        place="chalicelib.rights.guests.service:_proof_move",
        find="is not Status.AWAITING_VERIFICATION or proof in request.proofs:",
        replace="is not Status.AWAITING_VERIFICATION:",
        harm="A request of the operators for a further proof is met by the one that was given before.",
    ),
    Mutant(
        name="unlocked_phone_is_two_proofs",
        promise="RGT-11",
        place="chalicelib.rights.request.proofs:are_two",
        find="return IdentityProof.MAILBOX in proofs and not _OF_THE_PHONE.isdisjoint(proofs)",
        replace="return len(set(proofs)) > 1",
        harm="A thief with the unlocked phone gets the copy of its owner's data by number and device.",
    ),
    Mutant(
        name="new_mailbox_is_a_proof",
        promise="RGT-11",
        place="chalicelib.rights.request.proofs:are_settled",
        find="profile.email_verified_at, MAILBOX_SETTLES, received_at",
        replace="None, _MAILBOX_SETTLES, received_at",
        harm="A thief who steps up adds a mailbox of their own, and has the account erased with it at once.",
    ),
    Mutant(
        name="proof_of_the_number_before_counts",
        promise="RGT-11",
        place="chalicelib.rights.request.proofs:_is_settled",
        find="since < received_at and since <= clock.now() - least",
        replace="since <= clock.now() - least",
        harm="A former holder of the number proves it, and after its change the proof still counts.",
    ),
    Mutant(
        name="session_gives_two_proofs",
        promise="RGT-11",
        place="chalicelib.rights.guests.service:_proofs",
        find="are_settled(account, profile, clock.now()) and not are_of_one_session(known, profile)",
        replace="are_settled(account, profile, clock.now())",
        harm="A thief whose session added a mailbox gets a copy weeks later, by that mailbox and the device.",
    ),
    Mutant(
        name="mailed_sign_in_gives_two_proofs",
        promise="RGT-11",
        place="chalicelib.signup.service:_reached_account",
        find="origin_id=known.session_id",
        replace="origin_id=None",
        harm="A thief with a phone and the mailbox on it signs in by mail, and then gets a copy.",
    ),
    Mutant(
        name="mailed_session_adds_a_second_proof",
        promise="RGT-11",
        place="chalicelib.accounts.profiles.verification:_keep",
        find="mailbox, session.origin, proof",
        replace="mailbox, session.session_id, proof",
        harm="A thief adds a mailbox in a session that a mailed code opened, and has the account erased.",
    ),
    Mutant(
        name="warning_to_the_thief_releases",
        promise="RGT-11",
        place="chalicelib.rights.steps.guests:_is_released",
        find="IdentityProof.NUMBER not in request.proofs and f",
        replace="f",
        harm="A thief with the unlocked phone and its mail gets a copy: all warnings reach the thief.",
    ),
    Mutant(
        name="text_that_does_not_arrive_is_a_warning",
        promise="RGT-11",
        place="chalicelib.rights.steps.guests:_send_to_channels",
        find="return _ROUTE_OFF if is_route_off(str(phone)) else said",
        replace="return said",
        harm="A thief gets a copy in a country where texts do not arrive: the owner's warning is lost.",
    ),
    Mutant(
        name="mail_that_was_sent_counts_as_read",
        promise="RGT-11",
        place="chalicelib.messages.campaigns.service:has_arrived",
        find="found is not None and found.arrived_at is not None",
        replace="found is not None",
        harm="A thief corrects the data of an owner whose mailbox no longer exists, and who is not warned.",
    ),
    Mutant(
        name="letter_counts_from_its_entry",
        promise="RGT-11",
        place="chalicelib.rights.operators.enter:_received_at",
        find="    return received_at",
        replace="    return clock.now()",
        harm=(
            "A person who wrote a letter gets the answer later, since the days that it lay in the "
            "office do not count."
        ),
    ),
    Mutant(
        name="address_of_a_stranger_stays",
        promise="RGT-11",
        place="chalicelib.rights.steps.guests:_forget_contact",
        find='{"contact_phone": None, "contact_email": None, "contact_locale": None}',
        replace='{"contact_phone": None, "contact_locale": None}',
        harm=(
            "The email address of a person without an account is kept for years after the answer "
            "says it is not."
        ),
    ),
    Mutant(
        name="freeze_protects_the_thief_of_a_number",
        promise="RGT-11",
        place="chalicelib.rights.operators.enter:_searches",
        find="return [before, now] if received.right is Right.RESTRICTION else [now, before]",
        replace="return [now, before]",
        harm=(
            "A locked-out owner asks to freeze the account, and the account that the thief opened is "
            "restricted instead."
        ),
    ),
    Mutant(
        name="one_operator_checks_the_identity_alone",
        promise="RGT-11",
        place="chalicelib.rights.operators.extend:record_identity_proof",
        find="check_second(by, first)",
        replace="request.on_behalf and check_second(by, first)",
        harm=(
            "One operator alone releases the data of an account to a stranger who says that they lost "
            "access to it."
        ),
    ),
    Mutant(
        name="code_makes_the_request_of_an_older_one",
        promise="RGT-11",
        place="chalicelib.accounts.challenges.store:draft_of",
        find="found if of_challenge else None",
        replace="found",
        harm="A guest proves their number for an objection, and gets the copy that they wanted a day before.",
    ),
    Mutant(
        name="one_operator_erases_by_telephone",
        promise="RGT-11",
        place="chalicelib.rights.operators.enter:_rule_of",
        find="if received.right is Right.ERASURE or received.number_lost:",
        replace="if received.right is Right.ERASURE and received.received_by is not ReceivedBy.TELEPHONE:",
        harm="One operator says that the owner called, and alone has the account deleted.",
    ),
    Mutant(
        name="erasure_that_nobody_was_warned_of_waits_three_days",
        promise="RGT-11",
        place="chalicelib.rights.request.procedures:unwarned_until",
        find="until = request.clock.due_at(now) - LAST_DAYS",
        replace="until = now",
        harm="An account without a channel is deleted within days, before its owner can learn of it.",
    ),
    Mutant(
        name="one_operator_extends_an_entry_alone",
        promise="RGT-11",
        place="chalicelib.rights.operators.extend:_is_second",
        find="proposed.by != by and (",
        replace="(",
        harm="One operator keeps the owner's data beyond the deadline alone, by the same call twice.",
    ),
    Mutant(
        name="entry_is_no_look",
        promise="RGT-11",
        place="chalicelib.rights.operators.enter:enter",
        find="subjects.record_look(by, _ENTERED, _named_by(received), account_id)",
        replace="pass",
        harm="An operator enters requests to see who has an account, and no auditor finds that.",
    ),
    Mutant(
        name="voided_entry_is_reported",
        promise="RGT-11",
        place="chalicelib.rights.operators.lists:log_page",
        find="if one.voided_at is None",
        replace="if one.request_id",
        harm="A request that no person made is in the yearly figures, as one that its subject withdrew.",
    ),
    Mutant(
        name="outage_uses_up_the_time_for_the_report_of_a_delivery",
        promise="RGT-11",
        place="chalicelib.rights.steps.guests:_may_arrive",
        find="map(campaigns.sent_at, _unproven_mail(request))",
        replace='(step.at for step in request.steps if step.name == "warn")',
        harm=(
            "SES is away for three days, and a locked-out person who proved the number has to prove their "
            "identity to our staff, or is refused."
        ),
    ),
    Mutant(
        name="old_app_is_refused_its_rights",
        promise="RGT-11",
        place="chalicelib.core.http.route:_Plan.needs_current_app",
        find="self.caller[1].needs_current_app",
        replace="True",
        harm="A person whose phone cannot run the current app can neither exercise a right nor log out.",
    ),
    Mutant(
        name="receipt_of_another_request_finds_a_case",
        promise="RGT-11",
        place="chalicelib.rights.operators.lists:RequestSearch.names",
        find="receipts.belongs_to(one.request_id, self.receipt)",
        replace="bool(self.receipt)",
        harm="A stranger with any receipt is taken for the subject of another person's case.",
    ),
    Mutant(
        name="page_of_an_older_form_acts_on_a_newer_one",
        promise="RGT-11",
        place="chalicelib.site.forms.steps:take",
        find="form is None or step.token != form.token",
        replace="form is None",
        harm="A person cancels the request of another tab, because its page is older than the open form.",
    ),
    Mutant(
        name="form_on_a_shared_computer_never_ends",
        promise="RGT-11",
        place="chalicelib.site.forms.open_form:FormCookie.parse",
        find="form if form and clock.now() < form.opened_at + LASTS else None",
        replace="form",
        harm="The next person at a shared computer reads and cancels the request of the one before.",
    ),
    Mutant(
        name="other_sites_send_our_forms",
        promise="RGT-11",
        place="chalicelib.core.http.parameters:FetchSite.parse",
        find='value not in {"same-origin", "none"}',
        replace="not value",
        harm="Any site lets its visitors send codes to a person, and shows them a request of its choice.",
    ),
    Mutant(
        name="refused_proof_leaves_no_way_to_give_another",
        promise="RGT-11",
        place="chalicelib.site.forms.steps:take",
        find="isinstance(problem, ProofNotAccepted)",
        replace="False",
        harm="A person who mistypes the second contact cannot give the right one, and is refused.",
    ),
    Mutant(
        name="proven_request_takes_papers",
        promise="RGT-11",
        place="chalicelib.rights.guests.service:offer_paper",
        find="if request.status is not Status.AWAITING_VERIFICATION:",
        replace="if not request.is_open:",
        harm="A person sends a passport for a request that needs none any more, and it is stored.",
    ),
)
