"""The purge: deletes what is past its end and still stored, and proves what it found (RET-1, RET-2, ADR 33).

DynamoDB's TTL deletes most items, at no charge and without a guarantee. The purge reads only what TTL left
after a lag, so it costs almost nothing while TTL works. No item that it deletes is visible any more.
"""
