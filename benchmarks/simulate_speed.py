"""What `python -m benchmarks --only simulate` measures, in a process of one thread: images beside lenstronomy's.

Both codes draw the same scenes in the same process, compiled and warmed up, and take turns; ratios are taken within a
round. Printed as one JSON object on the last line.
"""

import json
import sys
import time
import warnings

import numpy as np

from benchmarks.machine import pin_to_one_core

ROUNDS = 9
SCENES = 64


def main() -> None:
    """Measure everything and print it."""
    pin_to_one_core()
    warnings.simplefilter("ignore")
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    from benchmarks import simulate_memory, simulate_strong, simulate_transient

    found = {"strong": [simulate_strong.measure(fine, rounds) for fine in (1, 2)]}
    found["transient"] = simulate_transient.measure(rounds)
    found["kinds"] = [simulate_strong.measure_kind(*case) for case in simulate_strong.KINDS]
    found["memory"] = simulate_memory.measure()
    print(json.dumps(found))


def take_turns(codes: dict, rounds: int) -> dict[str, list[float]]:
    """Seconds a sample of each code, ``[round]``; a code is a function and the samples that a call of it makes."""
    for function, _ in codes.values():
        function()
    seconds = {name: [] for name in codes}
    for _ in range(rounds):
        for name, (function, made) in codes.items():
            began = time.perf_counter()
            function()
            seconds[name].append((time.perf_counter() - began) / made)
    return seconds


def worst_difference(image, reference) -> float:
    """Largest difference between two images, of the peak of the second."""
    return float(np.abs(np.asarray(image, float) - reference).max() / np.abs(reference).max())


if __name__ == "__main__":
    main()
