"""The rules of delivery as pure functions: who holds which partition, who is asked next, how long a pause is."""
