"""Start the program: `cmdb`, or `python -m tui`."""

import gc
import os
import sys

from tui import beginning, cli  # noqa: F401 - beginning is loaded first, for what it does


def main() -> None:
    """Run the command line of this process and leave with its exit code."""
    if sys.stdout is None:  # closed by whoever started us: then nobody reads the answer
        sys.stdout = os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8")
    code = cli.run(sys.argv[1:], os.environ)
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        cli.close_quietly()
        code = cli.BROKEN_PIPE
    except OSError as fault:
        cli.close_quietly()
        code = cli.unwritten(fault)
    gc.freeze()  # else leaving searches every module for cycles: a tenth of a short command
    sys.exit(code)


if __name__ == "__main__":
    main()
