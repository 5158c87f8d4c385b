"""Every table of a site's database, laid out together: a new site and a rebuilt one have the same.

    lay_out(store, site=..., name=...)

A table is known once the module of its rows is imported; naming all of them here says so.
Source: rules.md 7, Rebuild.
"""

from baselines import tables, tables_audits, tables_releases
from ccb import tables as board_tables
from ccb import tables_meetings
from cmdb import tables as own_tables
from cmdb import (
    tables_catalogue,
    tables_documents,
    tables_duties,
    tables_events,
    tables_promises,
    tables_telling,
    tables_work,
)
from cmdb.store import Store

LAID_OUT = (
    own_tables,
    tables_catalogue,
    tables_documents,
    tables_duties,
    tables_events,
    tables_promises,
    tables_telling,
    tables_work,
    board_tables,
    tables_meetings,
    tables,
    tables_audits,
    tables_releases,
)


def lay_out(store: Store, *, site: str, name: str) -> None:
    """Lay out an empty database for all that may ever be kept in it. Raises Refused when it holds a site."""
    store.create(site=site, name=name)
