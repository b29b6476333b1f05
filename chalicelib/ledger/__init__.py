"""The Ledger's checkpoints. The content of its entries belongs to the concepts that append them."""
