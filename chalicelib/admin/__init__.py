"""Admin: the API for operators, authorised by IAM. Routes only; each concept holds its own rules.

views           request and response bodies; they are not part of the public contract
erasure_views   the same, about erasures
api             the routes
"""
