"""Mutants of USE-9: mails and pages do not track users."""

from infra.mutants.model import Mutant

MUTANTS = (
    Mutant(
        name="ses_reports_opens_and_clicks",
        promise="USE-9",
        place="infra/template/service/mail.yaml",
        find="[bounce, complaint, delivery, reject]",
        replace="[bounce, click, complaint, delivery, open, reject]",
        harm="SES puts a pixel into each mail and rewrites its links, and we learn when a person reads it.",
    ),
    Mutant(
        name="mail_has_a_picture_of_its_own",
        promise="USE-9",
        place="chalicelib.messages.mail:_as_html",
        find='tag("body", *paragraphs,',
        replace=(
            'tag("body", tag("img", src=f"{settings().issuer}/logo.png?m={mail.mail_id}"), *paragraphs,'
        ),
        harm="Our server learns that a person opened a mail, because the mail loads a picture with its id.",
    ),
    Mutant(
        name="pages_may_load_pictures_from_anywhere",
        promise="USE-9",
        place="chalicelib.core.page:POLICY",
        find="default-src 'none'; style-src",
        replace="default-src 'none'; img-src https:; style-src",
        harm="A page can load a picture from a stranger's server, which then learns who reads the page.",
    ),
)
