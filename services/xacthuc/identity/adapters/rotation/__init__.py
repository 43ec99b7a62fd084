"""Moving what older keys made to the current ones, in the background, while calls are served.

Owns which columns carry a key's version and how their rows are renewed. A ring with an older key than the current one
means that there is work; with the old line removed there is none. Every process works, batch by batch, and skips what
another one, or a call, holds. Nothing is remembered: a pass looks at every row's first byte, so a killed process has
lost at most its last batch, which nobody has seen.
"""
