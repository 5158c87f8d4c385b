"""Start the program: `cmdb`, or `python -m tui`."""

import gc
import os
import sys
from importlib import import_module
from typing import Any

from tui import beginning, short_way  # noqa: F401 - beginning is loaded first, for what it does

CLI, ANSWER = "tui.cli", "tui.short_answer"


def main() -> None:
    """Run the command line of this process and leave with its exit code."""
    if "CMDB_PROGRESS" in os.environ:  # the app stops it like ctrl+c, though it may not take that itself
        signal = import_module("signal")
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if sys.stdout is None:  # closed by whoever started us: then nobody reads the answer
        sys.stdout = os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8")
    try:
        code = 0 if _answered() else cli().run(sys.argv[1:], os.environ)
        sys.stdout.flush()
    except BrokenPipeError:
        cli().close_quietly()
        code = cli().BROKEN_PIPE
    except OSError as fault:
        cli().close_quietly()
        code = cli().unwritten(fault)
    except KeyboardInterrupt:
        code = cli().stopped()
    gc.freeze()  # else leaving searches every module for cycles: a tenth of a short command
    sys.exit(code)


def _answered() -> bool:
    """Whether it was the question that is answered without the command line; completion never is."""
    asked = short_way.asked_in(sys.argv[1:]) if "_CMDB_COMPLETE" not in os.environ else None
    return asked is not None and bool(import_module(ANSWER).answered(asked, os.environ))


def cli() -> Any:
    """The command line, loaded when it is needed: what `short_way` answers needs none."""
    return import_module(CLI)


if __name__ == "__main__":
    main()
