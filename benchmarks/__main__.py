"""`python -m benchmarks` measures everything; see `benchmarks.run`."""

from benchmarks.run import main

main()
