"""Models the mocks of a folder in this process, a few times over; prints the seconds of each stage as JSON.

python -m benchmarks.model_mocks CUTOUTS PASSES
"""

import json
import os
import sys
import tempfile
import time
from pathlib import Path

BEGAN = time.perf_counter()


def main(cutouts: Path, passes: int) -> dict:
    """``{"import": s, "passes": [{candidate: {stage: s}}]}``."""
    from lensmith import data
    from lensmith.modelling import model
    from lensmith.pipeline.candidate import write_fit

    found = {"import": time.perf_counter() - BEGAN, "passes": []}
    for _ in range(passes):
        seconds = {}
        for path in sorted(cutouts.glob("*.fits")):
            began = time.perf_counter()
            cutout = data.read(path)
            read = time.perf_counter()
            fit = model(cutout)
            modelled = time.perf_counter()
            with tempfile.TemporaryDirectory() as folder:
                write_fit(fit, Path(folder), pictures=True)
            written = time.perf_counter()
            stages = {"read": read - began, **fit.timings}
            stages["verdict"] = modelled - read - sum(fit.timings.values())
            seconds[path.stem] = stages | {"files and pictures": written - modelled, "all": written - began}
        found["passes"].append(seconds)
    return found


if __name__ == "__main__":
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    print(json.dumps(main(Path(sys.argv[1]), int(sys.argv[2]))), file=answers, flush=True)
