"""Mutants of ACC-3: a PIN or password is optional, stored as a hash only, and guessed by no one."""

from infra.mutants.model import Mutant

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        name="pin_is_asked_on_no_device",
        promise="ACC-3",
        place="chalicelib.signup.service:_with_pin",
        find="    if pin is None:",
        replace="    if True:",
        harm="A thief with the SIM card for a minute opens the account, although its owner set a PIN.",
    ),
    Mutant(
        name="try_of_a_pin_is_not_counted",
        promise="ACC-3",
        place="chalicelib.accounts.secrets.service:check",
        find="    store.count(secret, counted)\n",
        replace="",
        harm="A thief with the number tries all PINs in some hours.",
    ),
    Mutant(
        name="parallel_tries_share_a_count",
        promise="ACC-3",
        place="chalicelib.accounts.secrets.store:count",
        find=' & Attr("tries").eq(before.tries)',
        replace="",
        harm="A thief sends a thousand PINs at once, and all of them count as one.",
    ),
    Mutant(
        name="pin_of_today_recovers_an_account",
        promise="ACC-3",
        place="chalicelib.accounts.recoveries.service:_proven",
        find="is_settled = secret is not None and secret.is_settled(clock.now())",
        replace="is_settled = secret is not None",
        harm="A thief with the unlocked phone sets a PIN, and moves the account to another number at once.",
    ),
    Mutant(
        name="mailbox_lets_in_what_it_opened",
        promise="ACC-3",
        place="chalicelib.signup.service:_numberless_account",
        find="None if account.is_mailed_codes_of(known) else row[_PIN]",
        replace="None if answer.pin_forgotten else row[_PIN]",
        harm="A thief of the mailbox opens an account without a number, whose owner set a PIN against that.",
    ),
    Mutant(
        name="password_opens_every_device",
        promise="ACC-3",
        place="chalicelib.signup.login:_try",
        find="if account and secret and known and is_known:",
        replace=("known = known or KnownDevice.model_construct(session_id=None)\n    if account and secret:"),
        harm="A stolen password opens the account on the thief's device, without a code.",
    ),
    Mutant(
        name="stolen_phone_stays_known",
        promise="ACC-3",
        place="chalicelib.signup.login:_try",
        find="account.is_mailed_codes_of(known)",
        replace="account.knows(known)",
        harm="A stolen phone that its owner signed out opens the account with the password that it stored.",
    ),
    Mutant(
        name="strangers_use_up_the_tries",
        promise="ACC-3",
        place="chalicelib.signup.login:_try",
        find="    is_right = _is_password(secret, tried.password)\n",
        replace=(
            "    if secret:\n"
            "        secrets.check(owner, SecretKind.PASSWORD, tried.password)\n"
            "    is_right = _is_password(secret, tried.password)\n"
        ),
        harm="A stranger who knows a username makes its owner wait a day for each try.",
    ),
    Mutant(
        name="unsent_code_can_be_guessed",
        promise="ACC-3",
        place="chalicelib.accounts.challenges.model:Challenge.has_code",
        find='self.phone != "" and ',
        replace="",
        harm="A guess at a code that was never sent opens an account without a number.",
    ),
)
