"""The edge of delivery: the store's side of it, and the providers."""
