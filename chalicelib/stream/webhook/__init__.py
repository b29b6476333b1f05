"""Stream's webhook: signed events about users and messages (ADR 39).

Events are received here; `reconciliation/events` works on them. An event only names what to look at. Whatever
it says, the worker reads the current state and acts on that.
"""
