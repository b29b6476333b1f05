"""Requests of rights after a restore of their table, or of the accounts (ADR 32).

A restored table is older than the Ledger. So the histories in the Ledger decide what has become of a request.
No message is sent to a worker: the sweep finds the requests once functions use the table.
"""
