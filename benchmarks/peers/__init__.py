"""The same work done by better-auth's phone-number plugin (npm), on the same store, machine and run.

    server.mjs     the plugin behind Node's HTTP server
    driver.py      what keeps so many HTTP requests in flight
    __main__.py    `make bench-peers`: both servers in turns, as a table and as var/bench-peers.json

Its check is a single process's; ours also counts guesses over all challenges of a number and an account, and hands the
message to a worker. The comparison shows what the work costs beside the usual way of doing it, not which is better.
"""
