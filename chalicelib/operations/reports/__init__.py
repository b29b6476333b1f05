"""Reports: the regulator pack and the yearly figures, which operators make (ADR 53)."""
