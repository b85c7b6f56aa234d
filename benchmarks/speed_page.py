"""The section on speed: times, ratios, and whether the bars are met."""

import numpy as np

from benchmarks.page import table
from benchmarks.peer import CODES
from benchmarks.speed import REFERENCE, Case, ratio

TASKS = {"image": "Image", "gradient": "Value + gradient of chi-square by 20 parameters"}
_EXPLANATION = """\
One scene, drawn by every code: EPL + external shear, elliptical Sersic light of the lens (n = 4) and of the source
(n = 1), a PSF of 21 x 21 pixels; light averaged over sub-pixels, then convolved on pixels. All codes run on one thread
on the same core, each in its own process, compiled and warmed up, and take turns: lensmith, the others, lensmith again,
and so on. Times are medians over {rounds} rounds; ratios are taken within a round, with their 16th and 84th
percentiles in brackets. lenstronomy has no gradient (by finite differences it takes at least 21 images); its
`EPL_NUMBA` is its faster EPL. JAXtronomy's image is compiled as a whole, which is faster than calling its
`ImageModel.image`."""
RATIOS = {
    "image": (
        (("image", "lenstronomy EPL float64"), ("image", "lensmith float64")),
        (("image", "lenstronomy EPL_NUMBA float64"), ("image", "lensmith float64")),
        (("image", "JAXtronomy float64"), ("image", "lensmith float64")),
        (("image", "JAXtronomy float32"), ("image", "lensmith float32")),
    ),
    "gradient": (
        (("gradient", "JAXtronomy float64"), ("gradient", "lensmith float64")),
        (("gradient", "JAXtronomy float32"), ("gradient", "lensmith float32")),
    ),
}
"""What is divided by what: the same task at the same precision."""


def section(cases: list[Case], missing: list[str], rounds: int) -> str:
    """The section's text."""
    parts = [_EXPLANATION.format(rounds=rounds), *(f"Not measured: {problem.rstrip('.')}." for problem in missing)]
    for what, title in TASKS.items():
        parts += [f"### {title}: milliseconds", times(cases, what)]
        parts += [f"### {title}: how many times as long as lensmith", ratios(cases, what)]
    parts += ["### Do all codes draw the same?", differences(cases), "### The bars", *bars(cases)]
    return "\n\n".join(parts)


def times(cases: list[Case], what: str) -> str:
    """Median milliseconds a call."""
    labels = [code.label for code in CODES if what == "image" or code.package != "lenstronomy"]
    rows = []
    for case in cases:
        seconds = [case.seconds[what].get(label) for label in labels]
        rows.append([case.label, *("-" if s is None else f"{1e3 * np.median(s):.3g}" for s in seconds)])
    return table(["pixels, sub-pixels", *labels], rows)


def ratios(cases: list[Case], what: str) -> str:
    """Ratios at the same precision."""
    header = ["pixels, sub-pixels", *(slower[1] for slower, _ in RATIOS[what])]
    return table(header, [[case.label, *(_shown(ratio(case, *pair)) for pair in RATIOS[what])] for case in cases])


def differences(cases: list[Case]) -> str:
    """How far images and gradients of the codes differ, the largest over all sizes."""
    rows = []
    for code in CODES:
        images = [case.image_difference[code.label] for case in cases if code.label in case.image_difference]
        gradients = [case.gradient_difference[code.label] for case in cases if code.label in case.gradient_difference]
        if images:
            rows.append([code.label, f"{max(images):.0e}", f"{max(gradients):.0e}" if gradients else "no gradient"])
    return table(["code", f"image, from {REFERENCE}, of its peak", "gradient, of its largest component"], rows)


def bars(cases: list[Case]) -> list[str]:
    """What was promised for 100 x 100 pixels, and what came out."""
    lines = []
    for case in [case for case in cases if case.side == 100]:
        for precision in ("float64", "float32"):
            ours = ("gradient", f"lensmith {precision}")
            peer = ratio(case, ("gradient", f"JAXtronomy {precision}"), ours)
            image = ratio(case, ("image", "lenstronomy EPL_NUMBA float64"), ours)
            for found, least, name in (
                (peer, 10.0, "JAXtronomy's takes {} times as long (at least 10)"),
                (image, 1.0, "lenstronomy's image alone, by its faster EPL, takes {} times as long (more than 1)"),
            ):
                verdict = "not measured" if found is None else "met" if found[0] > least else "NOT MET"
                said = name.format(_shown(found))
                lines.append(f"- {case.label}, value + gradient of lensmith {precision}: {said}: {verdict}.")
    return ["\n".join(lines)]


def _shown(found: tuple[float, float, float] | None) -> str:
    return "-" if found is None else "{:.3g} ({:.3g} to {:.3g})".format(*found)
