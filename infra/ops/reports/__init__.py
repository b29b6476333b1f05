"""Reports: the regulator pack, its evidence, the figures of a year and of usage."""
