"""Side-by-side measurements against other codes: `make bench` prints them and writes docs/benchmarks.md.

This file imports nothing: parts of the package also run in the other codes' environments.
"""
