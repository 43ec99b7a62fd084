"""What the use cases ask for, a module a subject."""
