"""The rules of a challenge as pure functions: values in, values out; time and chance are arguments.

Owns what a challenge is, how its code and proof are derived, and every transition it can make. The scripts in
`adapters/scripts` apply the same transitions inside the store; a state-machine test holds the two equal.
"""
