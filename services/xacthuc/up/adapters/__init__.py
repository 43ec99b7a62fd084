"""What the stack asks of the services it started."""
