"""The read path's connections to PostgreSQL. The only room of the read path that loads psycopg."""

from typing import Any

import psycopg

from cmdb import faults
from cmdb.dialect import CHANNEL, POSTGRESQL, Dialect


def connect(url: str) -> tuple[Any, Dialect, type[Exception]]:
    """Open a connection that can only read, and say what it raises. Raises Refused without an answer."""
    return _connected(url), POSTGRESQL, psycopg.Error


# A listener says nothing for hours: without these a server that went away silently is never missed.
PATIENT = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3, "connect_timeout": 10}


class Ear:
    """A connection that hears of every journal entry as its transaction is committed."""

    dialect = POSTGRESQL
    fault = psycopg.Error

    def __init__(self, url: str) -> None:
        self.connection = _connected(url, **PATIENT)
        try:
            self.connection.execute(f"LISTEN {CHANNEL}")
        except psycopg.Error as fault:
            self.connection.close()
            raise faults.unreachable(str(fault)) from fault

    def told(self, wait: float) -> bool:
        """Wait up to some seconds; give whether anything was told. Raises Refused when the server is gone."""
        try:
            return any(True for _notice in self.connection.notifies(timeout=wait, stop_after=1))
        except psycopg.Error as fault:
            raise faults.unreachable(str(fault)) from fault


def _connected(url: str, **more: Any) -> Any:
    try:
        return psycopg.connect(url, autocommit=True, options="-c default_transaction_read_only=on", **more)
    except psycopg.OperationalError as fault:
        raise faults.unreachable(str(fault)) from fault
    except (psycopg.ProgrammingError, ValueError) as wrong:
        raise faults.no_url() from wrong
