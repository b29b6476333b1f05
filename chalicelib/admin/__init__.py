"""Admin: the API for operators, authorised by IAM. Routes only; each concept holds its own rules.

views             request and response bodies; they are not part of the public contract
erasure_views     the same, about erasures
disclosure_views  the same, about disclosures
breach_views      the same, about breaches
hold_views        the same, about holds
invoice_views     the same, about invoices
recipient_views   the same, about recipients of changed data
report_views      the same, about reports
stream_case_views the same, about users deleted at Stream
subject_views     the same, about subjects and their consents
upkeep_views      the same, about notices and the purge
blueprint         the blueprint to which the routes belong
api               the routes about requests, erasures and invoices
disclosure_api    the routes about disclosures
breach_api        the routes about breaches
hold_api          the routes about holds
stream_case_api   the routes about users deleted at Stream
report_api        the routes about reports
subject_api       the routes about subjects and their consents
upkeep_api        the routes about notices and the purge
recipient_api     the routes about recipients of changed data
"""
