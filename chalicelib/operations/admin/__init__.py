"""Admin: the API for operators, authorised by IAM. Routes only; each concept holds its own rules."""
