"""The intake of requests: what each right accepts, and what takes effect in the transaction of the request.

A right that stops a use of data takes effect at once: `Beginning.also` is committed with the request, so
neither exists without the other. The steps of the procedure then do what needs other services (ADR 46).
"""
