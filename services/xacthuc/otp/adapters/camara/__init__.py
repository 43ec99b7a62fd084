"""Mobile operators that confirm numbers: CAMARA Number Verification, one file and one set of connections each."""
