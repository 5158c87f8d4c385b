"""The read path's connection to PostgreSQL. The only room of the read path that loads psycopg."""

from typing import Any

import psycopg

from cmdb import faults
from cmdb.dialect import POSTGRESQL, Dialect


def connect(url: str) -> tuple[Any, Dialect, type[Exception]]:
    """Open a connection that can only read, and say what it raises. Raises Refused without an answer."""
    try:
        connection = psycopg.connect(url, autocommit=True, options="-c default_transaction_read_only=on")
    except psycopg.OperationalError as fault:
        raise faults.unreachable(str(fault)) from fault
    except (psycopg.ProgrammingError, ValueError) as wrong:
        raise faults.no_url() from wrong
    return connection, POSTGRESQL, psycopg.Error
