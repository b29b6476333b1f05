"""Admin: the API for operators, authorised by IAM. Routes only; each concept holds its own rules.

views             request and response bodies; they are not part of the public contract
erasure_views     the same, about erasures
disclosure_views  the same, about disclosures
hold_views        the same, about holds
invoice_views     the same, about invoices
blueprint         the blueprint to which the routes belong
api               the routes about requests, erasures and invoices
disclosure_api    the routes about disclosures
hold_api          the routes about holds
"""
