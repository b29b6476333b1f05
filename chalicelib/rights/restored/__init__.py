"""Requests of rights after a restore of their table, or of the accounts (ADR 32).

    history    what the Ledger has of a request: how it was received and closed
    changes    the changes of a request after a restore: closed, completed, continued, begun again, rebuilt
    requests   the requests of a restored table, and those that it lacks
    marked     the requests of erasures that are past their point of no return
    freezes    accounts that are frozen for a request, and requests whose account has to be frozen
    store      guards and missing requests

A restored table is older than the Ledger. So the histories in the Ledger decide what has become of a request.
No message is sent to a worker: the sweep finds the requests once functions use the table.
"""
