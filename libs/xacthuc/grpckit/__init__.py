"""What every gRPC server and client here shares: errors, deadlines, validation, the endpoint, servers and channels.

Import from the modules: `errors` and `reasons` (raise these), `call.Call` (what a servicer is given), `server` (the
builder), `channels` (calling other services). Nothing here knows a service, a store or a table.
"""
