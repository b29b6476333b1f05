"""Benchmarks: the cost of operations in counts and ratios, which any machine reproduces."""
