"""Between the contract's messages and what the use cases speak. Nothing is decided here."""
