"""Proving a copy of a library, with no site, no database and nothing but the copy.

    prove_copy(source, *, root, at_least, verify_signature) -> Report

For whoever was handed a clone, and for the day the site is gone. What only a database can show is not
looked at: the journal, and what was done after the newest commit. Source: rules.md 7, Verify.
"""

from baselines import minuted
from baselines.decided import Verify
from baselines.failures import Failed, Failure
from baselines.proof import Tally
from baselines.proving import prove
from baselines.vault_mirror import mirrored
from baselines.verification import Report
from cmdb import signatures
from cmdb.errors import CmdbError, Refused


def prove_copy(
    source: str, *, root: str = "", at_least: str = "", verify_signature: Verify = signatures.verify
) -> Report:
    """Prove the library that `source`, a directory or a URL of git, holds a copy of.

    `root` is the founding commit the caller trusts, `at_least` a baseline that must be in it. Raises
    Refused when there is nothing to prove; whatever fails is the report's failure.
    """
    tally, failure, head, kept = Tally(), None, "", 0
    with mirrored(source) as vault:
        try:
            head = vault.head()
            tally = prove(vault, head, verify=verify_signature)
            kept = minuted.count(vault, head)
            if root and tally.root != root:
                raise Failed(
                    "commit",
                    tally.root[:12],
                    "This is the history of another site, or a forged one: it does not start at your root.",
                    f"root is {tally.root}, expected {root}",
                )
            if at_least and at_least not in vault.tags():
                raise Failed(
                    "baseline",
                    at_least,
                    f"{at_least} is not in this history: it is older, or the end was cut off.",
                    f"refs/tags/{at_least} does not exist",
                )
        except Failed as failed:
            failure = failed.failure
        except Refused:
            raise
        except CmdbError as broken:
            failure = Failure(kind="library", id="", why=broken.reason, detail=broken.remedy)
    return Report(
        site=tally.site,
        root=tally.root,
        head=head,
        root_confirmed=bool(root),
        baselines=tally.baselines,
        changes=tally.changes,
        votes=tally.votes,
        alone=tally.alone,
        minutes=kept,
        failure=failure,
    )
