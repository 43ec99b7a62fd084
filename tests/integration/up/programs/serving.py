"""Stands in for a service: serves gRPC health on XACTHUC_PUBLIC_ADDRESS and leaves its process id in PIDS."""

import os
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
from grpc_health.v1 import health, health_pb2_grpc

if os.environ.get("REFUSE"):
    sys.exit("the key file is missing")

server = grpc.server(ThreadPoolExecutor(2))
health_pb2_grpc.add_HealthServicer_to_server(health.HealthServicer(), server)
server.add_insecure_port(os.environ["XACTHUC_PUBLIC_ADDRESS"])
server.start()
(Path(os.environ["PIDS"]) / str(os.getpid())).touch()

drained = Path(os.environ["PIDS"]) / "drained"
signal.signal(signal.SIGTERM, lambda *_: (drained.touch(), server.stop(0)))
server.wait_for_termination()
