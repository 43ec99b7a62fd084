"""The identity service: platforms and their keys, accounts and what is proven of them, and what each may do."""
