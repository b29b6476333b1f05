"""What operators do with requests. Each change is on record under the operator's pseudonym (ADR 27).

decide     propose, approve and withdraw decisions; the grounds of refusals
extend     extend the deadline, request and record proof of identity, retry a stopped step
enter      enter a request that was received outside the app
recipients list the recipients of a request, and record notices to authorities
erasures   list erasures, stuck ones first
subjects   find an account by a contact, show the state of one; records every look
inspect    list open requests, show one with its history; records every inspection
"""
