"""What operations cost: counted, and compared as ratios; never held against a clock."""
