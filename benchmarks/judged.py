"""What the main job finds in one cutout, up to the posterior, as a row of a benchmark."""

import time

from lensmith.data import Cutout
from lensmith.errors import LensmithError
from lensmith.modelling import ModelSettings
from lensmith.modelling.judged import solve_sharp_bands
from lensmith.modelling.verdict import judge


def judged(cutout: Cutout) -> dict:
    """Verdict and reasons; where there is a model also `fit` (theta_E), the evidence's numbers and CPU seconds."""
    began = time.process_time()
    try:
        *_, evidence = solve_sharp_bands(cutout, ModelSettings())
    except LensmithError as problem:
        return {"verdict": "failed", "reasons": [str(problem)]}
    verdict = judge(evidence)
    numbers = {name: value for name, value in vars(evidence).items() if isinstance(value, float)}
    parity = {f"parity_{name}": float(value) for name, value in vars(evidence.parity).items()}
    return {
        "verdict": verdict.value,
        "reasons": list(verdict.reasons),
        "fit": float(evidence.theta_E),
        "evidence": numbers | parity | {"left_over": evidence.left_over},
        "cpu_seconds": time.process_time() - began,
    }
