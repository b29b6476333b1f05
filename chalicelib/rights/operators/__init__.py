"""What operators do with requests. Each change is on record under the operator's pseudonym (ADR 27)."""
