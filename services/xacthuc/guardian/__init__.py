"""The guardian service: who answers for a child under 16, and what the child may do.

Keeps ids, declarations and times. What is personal of a guardian goes to identity, which decides by what is pushed there.
"""
