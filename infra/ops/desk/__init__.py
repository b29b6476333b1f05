"""`python -m infra.ops desk`: the operators' commands as pages of a server on this machine (ADR 97)."""
