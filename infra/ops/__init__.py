"""The commands of operations: `python -m infra.ops`."""
