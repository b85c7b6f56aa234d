"""What the main job finds in one cutout, as a row of a benchmark."""

import time
from dataclasses import replace
from functools import cache

import numpy as np

from lensmith.data import Cutout, Findings
from lensmith.errors import LensmithError
from lensmith.modelling import ModelSettings
from lensmith.modelling.judged import solve_sharp_bands
from lensmith.modelling.posterior import posterior
from lensmith.modelling.result import frame_offset_of
from lensmith.modelling.verdict import judge
from lensmith.pipeline.agreement import disagreement, not_seen
from lensmith.pipeline.looking import findings_of, open_stages
from lensmith.pipeline.settings import NetSettings


def looked_at(cutout: Cutout) -> Findings:
    """What finder and estimator of a run say of it; the segmenter's map changes no fit and is left out."""
    return findings_of([cutout], _stages())[0]


@cache
def _stages():
    return open_stages(NetSettings(segmenter=None))


def judged(cutout: Cutout, with_posterior: bool = False) -> dict:
    """`verdict` and `reasons` as a run has them, the networks included; `fit_verdict` is that of the fit, which
    the estimator started, before finder and estimator have their say.

    Where there is a model also `fit` (theta_E), the evidence's numbers and CPU seconds; what the networks said. With
    the posterior also its `interval` of theta_E (`lensmith.data.Estimate`).
    """
    found = looked_at(cutout)
    said = {"p_lens": found.p_lens, "nn_theta_E": found.value("theta_E"), "nn_sigma": found.sigma("theta_E")}
    began = time.process_time()
    try:
        _, solved, _, evidence = solve_sharp_bands(cutout, ModelSettings(), found)
    except LensmithError as problem:
        return said | {"verdict": "failed", "fit_verdict": "failed", "reasons": [str(problem)]}
    alone, verdict = judge(replace(evidence, p_lens=None)), judge(evidence)
    floor = ModelSettings().systematic_floor * evidence.theta_E
    more = [not_seen(found), disagreement(found, evidence.theta_E, floor, NetSettings().compare)]
    more = [reason for reason in more if reason is not None]
    numbers = {name: value for name, value in vars(evidence).items() if isinstance(value, float)}
    parity = {f"parity_{name}": float(value) for name, value in vars(evidence.parity).items()}
    if with_posterior:
        said["interval"] = _interval(solved)
    return said | {
        "verdict": "check" if more and verdict.value == "accept" else verdict.value,
        "fit_verdict": alone.value,
        "reasons": [*verdict.reasons, *more],
        "fit": float(evidence.theta_E),
        "evidence": numbers | parity | {"left_over": evidence.left_over},
        "cpu_seconds": time.process_time() - began,
    }


def _interval(solved) -> dict:
    offset, rng = frame_offset_of(solved.run.aligned), np.random.default_rng(0)
    drawn = posterior(solved.final, offset, ModelSettings(), rng, others=solved.others)
    return vars(drawn.parameters["theta_E"])
