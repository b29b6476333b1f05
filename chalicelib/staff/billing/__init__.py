"""Billing: invoices, which tax law requires us to keep for ten years (USE-7).

The payment provider collects the money and makes the invoice. An operator records it here, so that the
subject's copy contains it and an erasure keeps it.

Invariants:

- An invoice number is recorded once, for one account. A repeated call with the same content returns the
  stored invoice, and one with other content changes nothing.
- An invoice and the first entry of its history are written in one transaction, on condition that the account
  exists and is not being erased. So nothing is written for an account after `capture` (ADR 30).
- An invoice is shown to a member of staff only after the view is recorded. The same page again on the same
  day adds no entry.
- No card number is stored: a reference with digits that could be one is refused.

If the response to a call is lost, the call can be repeated.
"""
