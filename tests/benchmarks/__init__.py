"""Compare `ce` with what one would type instead: whole processes, the same work, in turns.

Run from the project's folder, with the `bench` extra installed::

    python -m tests.benchmarks [--case NAME ...] [--table NAME ...] [--turns 5] [--scale 1]

The data sets are made once, from a fixed seed, and reused (2.4 GB at full size). Before anything
is timed, every contender of a case runs once, which warms the caches, and its figures must agree
with those of `ce`. A contender that takes more than 2.5 times as long as the fastest peer then
does not run again: its time is marked with ~.

Absolute times on shared machines mean little, ratios matter. The ratio is the wall time of `ce`
over that of the fastest peer, taken within each turn, and then the median over the turns: above 1
is slower. Turns (A B C A B C ...) let a noisy minute hit everyone. Memory is the largest resident
memory, which for files mapped into memory includes the pages of the file. The time for the bytes,
for Arrow and for the logarithms is what remains unavoidable: reading the file, parsing it with
Arrow alone, and one logarithm for each row, without the start of a process.
"""
