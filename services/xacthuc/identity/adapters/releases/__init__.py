"""What authorities ask for of accounts, and the documents that two people have made of it."""
