"""Admin: what operators do, authorised by IAM. Routes only; the rules are each concept's own.

views    what operators send and see, which is not part of the public contract
api      the routes
"""
