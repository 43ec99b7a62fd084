"""The JSON edge: Envoy in front of the public ports, set from the same variables as every process (docs/json-edge.md)."""
