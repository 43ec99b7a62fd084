"""Licensed providers of electronic authentication over HTTP and mutual TLS, described by a file each."""
