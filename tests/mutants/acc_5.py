"""Mutants of ACC-5: a device is a random id, and a person sees and ends its sessions."""

from infra.mutants.model import Mutant

MUTANTS: tuple[Mutant, ...] = ()
