"""The Ledger as a whole: its checkpoints. What its entries say belongs to the concepts that append them."""
