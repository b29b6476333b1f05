"""Guards: cfn-lint, checkov and the quotas of AWS over the packaged templates, with one list of exceptions.

exceptions.toml has the accepted findings, each with its reason. `python -m infra.guards` compares both for
`make check`.
"""
