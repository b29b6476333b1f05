"""Budgets of unverified codes: bounds on the cost of texts whose codes are never verified (ADR 26).

budget   the rules: what a text and a verified code count, what room a country has, when a budget refuses
history  a container's cache of each country's verified codes of the last two weeks
totals   sums the verified codes of each country and day, hourly
store    all DynamoDB access: the counters, and the history
"""

from chalicelib.challenges.budgets.budget import IN_ALL, PER_COUNTRY, Budget, of

__all__ = ["IN_ALL", "PER_COUNTRY", "Budget", "of"]
