"""The log of rights requests: all requests that were received in a period, for reports (ADR 53)."""
