"""Calls of the Admin contracts, as `xacthuc.client` describes those of the public ones."""
