"""Sends marketing mail: one mail to one account, if the gate permits it at that moment.

Nothing stores the answer of the gate. A campaign is a list of accounts; each mail of it passes the gate when
it is sent. So an objection stops every mail that SES does not have yet.
"""

from chalicelib.consents.marketing.gate import may_send
from chalicelib.consents.marketing.model import NonServiceKind, Withheld
from chalicelib.core import metrics
from chalicelib.core.ids import AccountId, MailId
from chalicelib.core.metrics import Metric
from chalicelib.messages import mail
from chalicelib.messages.letters import Letters, compose

__all__ = ["send_marketing"]


def send_marketing(
    account_id: AccountId, letters: Letters, kind: NonServiceKind = NonServiceKind.NEWS
) -> Withheld | None:
    """Send a mail to an account, once, or return the reason against it.

    Args:
        account_id: the account.
        letters: the texts, which contain no personal data.
        kind: what the mail is.

    Raises:
        Unavailable: a table does not answer; nothing was sent.
        MailRefused, MailUnavailable, MailInDoubt: see `messages/mail`.
    """
    to = may_send(account_id, kind)
    if isinstance(to, Withheld):
        metrics.count(Metric.MARKETING_WITHHELD)
        return to
    mail.send_wanted(compose(letters, MailId.new(), to.mailbox, to.locale, {}), to)
    return None
