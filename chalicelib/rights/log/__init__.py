"""The log of rights requests: all requests that were received in a period, for reports (ADR 53).

store     the index `received`: requests by the month of receipt
service   pages of the log
"""
