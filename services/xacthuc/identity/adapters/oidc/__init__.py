"""Electronic identification by OpenID Connect: one file and one set of connections for each provider."""
