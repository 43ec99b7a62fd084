"""The edge of the service, one technology a file."""
