"""Between the contract's messages and what the use cases speak, a module for each face. Nothing is decided here."""
