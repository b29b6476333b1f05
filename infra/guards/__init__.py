"""Guards: cfn-lint and checkov over the packaged templates, with one list of accepted findings.

exceptions.toml has the accepted findings, each with its reason. `python -m infra.guards` compares both for
`make check`.
"""
