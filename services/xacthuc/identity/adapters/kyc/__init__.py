"""Operators' subscriber records: CAMARA KYC Match, one file and one set of connections each."""
