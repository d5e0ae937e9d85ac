"""Compare `ce` with what one would type instead: whole processes, the same work, in turns.

Run from the project's folder, with the `bench` extra installed::

    python -m tests.benchmarks [--rows N] [--runs 5] [--case NAME ...]

The data sets are made once, from a fixed seed, into ``ce-benchmarks`` in the temporary folder
(0.6 GB at full size) and reused. Before anything is timed, every contender of a case runs once,
which warms the caches, and their means must agree to 1e-12.

How to read the tables: absolute times on shared machines mean little, ratios matter. The ratio is
the contender's wall time over that of the first line (`ce` doing the same work as the peers),
taken within each turn, and then the median over the turns: above 1 is slower than `ce`. Turns
(A B C A B C ...) let a noisy minute hit everyone; a ratio is worth believing when the ranges of
the wall times hardly overlap. CPU time above wall time shows work on several cores. Peak is the
largest resident memory, which for files mapped into memory includes the pages of the file.
"""
