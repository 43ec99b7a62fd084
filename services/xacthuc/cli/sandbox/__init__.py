"""Families of the development stack: children and guardians who belong to nobody, played over the public services.

They do what a platform's screens would have them do, with real codes from the inbox, so that what comes of it is what a
platform will see. Nothing of it is known to a service.
"""
