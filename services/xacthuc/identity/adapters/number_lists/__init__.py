"""Lists of numbers: their rows, whose numbers they name, and taking a batch of them."""
