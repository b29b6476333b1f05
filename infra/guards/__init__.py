"""Guards: cfn-lint and checkov over the packaged templates, with one list of accepted findings.

exceptions.toml   the accepted findings, each with its reason
findings          runs the guards
__main__          `python -m infra.guards`: compares both, for `make check`
"""
