"""A way back for an owner who lost phone and number: mailbox and PIN or password (ADR 104)."""
