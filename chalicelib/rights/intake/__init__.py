"""The intake of requests: what each right accepts, and what takes effect in the transaction of the request.

    body         what a request asks for
    submission   a request as received, and how it begins
    copies       access and portability
    erasure      erasure
    rectification  rectification, and the writes of its decision
    restriction  restriction
    objection    objection to processing that rests on legitimate interests
    purposes     the purposes that a body names
    marketing    objection to direct marketing
    withdrawal   withdrawal of consent
    rules        the rule of each right, by name
    recovery     requests without a session, of heirs, and of people without an account

A right that stops a use of data takes effect at once: `Beginning.also` is committed with the request, so
neither exists without the other. The steps of the procedure then do what needs other services (ADR 46).
"""
