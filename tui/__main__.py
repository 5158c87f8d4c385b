"""Start the program: `cmdb`, or `python -m tui`."""

import os
import sys

from tui import cli


def main() -> None:
    """Run the command line of this process and leave with its exit code."""
    code = cli.run(sys.argv[1:], os.environ)
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        cli.close_quietly()
        code = cli.BROKEN_PIPE
    sys.exit(code)


if __name__ == "__main__":
    main()
