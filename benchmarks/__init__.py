"""What the product costs and how fast it is, beside a bare gRPC server on the same machine (`make bench`).

Owns the measuring; owns no rule of the product and is not shipped. A figure that depends on the machine is printed as
a ratio to the echo server, measured in turns with it, so that it means something on another machine.

    bench.py     reads top to bottom what is measured, in which order
    rig.py       engines and services as production runs them: a process each
    echo.py      the bare server that everything is compared with
    load.py      calls: so many in flight, or so many a second
    http2.py     a client that takes next to nothing of the machine, for calls at a fixed rate
    flows.py     the requests of one verification and of one decision
    measure.py   what the kernel and the store say about a process and its traffic
    report.py    figures beside their targets, as a table and as var/bench.json
    peers/       the same work done by a library of another ecosystem (`make bench-peers`)
"""
