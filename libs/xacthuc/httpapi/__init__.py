"""What the public contracts are as JSON over HTTP, read from the descriptor set: OpenAPI, a page to read, what the edge knows.

Written beside the descriptors when they are built (hatch_build.py). Owns no rule: paths, fields and their bounds are those
of protos/, words those of its comments.
"""
