"""Measure, print the tables as they come, and write docs/benchmarks.md.

python -m benchmarks                      what `make bench` runs: five minutes
python -m benchmarks --models             first model the real lenses, jointly and by one band: hours
python -m benchmarks --run runs/mine      score another run folder of the real lenses
python -m benchmarks --only speed         one section; --help lists them
python -m benchmarks --only coverage -n 1000 --sampler laplace     mocks of the model's own priors; resumes
python -m benchmarks --only ground -n 60  simulated lenses and impostors as DES sees them; resumes
"""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.machine import ROOT, WORK, busy_cores, provenance, versions
from benchmarks.peer import PeerError

LONG = ("engines", "samplers", "coverage", "verdicts", "ground", "doubles")
"""Sections that are measured only when asked for: they take long."""
PACKAGES = ("lensmith", "jax", "jaxlib", "numpy", "scipy", "astropy")


def main() -> None:
    """Measure what was asked for."""
    options = _options()
    command = "make bench" if len(sys.argv) == 1 else " ".join(["python -m benchmarks", *map(_relative, sys.argv[1:])])
    chosen = options.only or [name for name in MEASURES if name not in LONG]
    WORK.mkdir(exist_ok=True)
    sections = {}
    for name in chosen:
        began = time.monotonic()
        try:
            text = MEASURES[name](options, command)
        except PeerError as problem:
            sys.exit(f"benchmarks: {problem}")
        if text:
            print(f"{text}\n\n({name}: {time.monotonic() - began:.0f} s)\n", flush=True)
            sections[name] = text
    from benchmarks.page import PAGE, write

    write(sections)
    print(f"written: {PAGE.relative_to(ROOT)}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure; write docs/benchmarks.md.")
    parser.add_argument("--only", action="append", choices=tuple(MEASURES), help="may be repeated")
    parser.add_argument("--rounds", type=int, default=15, help="turns of each code [default: 15]")
    parser.add_argument("--run", type=Path, default=ROOT / "runs" / "hst", help="run folder of the real lenses")
    parser.add_argument("--one-band", type=Path, default=ROOT / "runs" / "hst_one_band", help="the same by one band")
    parser.add_argument("--models", action="store_true", help="model the real lenses into these folders first (hours)")
    parser.add_argument(
        "-n",
        type=int,
        default=60,
        help="mocks of coverage, verdicts and doubles [default: 60]",
    )
    parser.add_argument("--impostors", type=int, help="impostors of verdicts and ground [default: as many as -n]")
    parser.add_argument(
        "--sampler", default="laplace", help="laplace, second-order, importance or nuts, of the section coverage"
    )
    parser.add_argument("--cap", type=float, default=600.0, help="CPU seconds of each foreign sampler [default: 600]")
    return parser.parse_args()


def _relative(word: str) -> str:
    """An argument without the folders of this machine."""
    return Path(word).name if Path(word).is_absolute() else word


def _speed(options: argparse.Namespace, command: str) -> str:
    from benchmarks import speed, speed_page

    busy = busy_cores()
    peers, missing = speed.start()
    try:
        cases = []
        for case in speed.measure(peers, missing, options.rounds):
            print(f"measured: {case.label}", flush=True)
            cases.append(case)
    finally:
        for peer in peers:
            peer.stop()
    used = {}
    for peer in peers:
        if peer.code.package == "jaxtronomy":
            used["lenstronomy under JAXtronomy"] = peer.versions["lenstronomy"]
        used |= {name: number for name, number in peer.versions.items() if name not in used}
    return f"{speed_page.section(cases, missing, options.rounds)}\n\n{provenance(command, used, busy)}"


def _simulate(options: argparse.Namespace, command: str) -> str:
    from benchmarks import simulate_page

    busy = busy_cores()
    found = simulate_page.measure(options.rounds)
    used = versions((*PACKAGES, "lenstronomy"))
    return f"{simulate_page.section(found, options.rounds)}\n\n{provenance(command, used, busy)}"


def _training(options: argparse.Namespace, command: str) -> str:
    from benchmarks import training

    busy, rounds = busy_cores(), min(options.rounds, 5)
    found = training.measure(rounds)
    used = versions((*PACKAGES, "torch", "lightning", "timm"))
    return f"{training.section(found, rounds)}\n\n{provenance(command, used, busy)}"


def _lenses(options: argparse.Namespace, command: str) -> str:
    from benchmarks import lenses_page

    if options.models:
        _model(options, lenses_page.real_data() / "hst_lenses")
    if not (options.run / "catalog.ecsv").is_file():
        print(
            "the real lenses are not scored: there is no run folder of them. Make one with `lensmith run "
            "../shared/real/hst_lenses --out runs/hst` and name it with --run, or let --models do it (hours).\n"
        )
        return ""
    if not (lenses_page.real_data() / "hst_references.csv").is_file():
        print("the real lenses are not scored: LENSMITH_REAL_DATA must name the folder with hst_references.csv.\n")
        return ""
    one_band = options.one_band if (options.one_band / "catalog.ecsv").is_file() else None
    if one_band is None:
        print("the gain of joint bands is not shown: there is no run folder of one band (--one-band, or --models).\n")
    text = lenses_page.section(options.run, one_band, f"lensmith run hst_lenses --out {options.run.name}")
    return f"{text}\n\n{lenses_page.made(options.run, command)}"


def _model(options: argparse.Namespace, data: Path) -> None:
    """Run lensmith on the real lenses, all bands and the first alone; what is finished already is kept."""
    from benchmarks.one_band import write_first_bands

    inputs = {options.run: data, options.one_band: write_first_bands(data, WORK / "one_band")}
    for out, source in inputs.items():
        command = [sys.executable, "-m", "lensmith", "run", os.fspath(source), "--out", os.fspath(out)]
        subprocess.run(command, check=True)


def _stages(options: argparse.Namespace, command: str) -> str:
    from benchmarks import stages

    busy = busy_cores()
    measured = stages.measure()
    return f"{stages.section(measured)}\n\n{provenance(command, versions(PACKAGES), busy)}"


def _coverage(options: argparse.Namespace, command: str) -> str:
    from benchmarks import coverage

    rows = coverage.measure(options.n, options.sampler, WORK / f"coverage_{options.sampler}_{coverage.SEED}.jsonl")
    return f"{coverage.section(rows, options.sampler)}\n\n{provenance(command, versions(PACKAGES))}"


def _verdicts(options: argparse.Namespace, command: str, survey: str = "hst-acs") -> str:
    from benchmarks import verdicts
    from benchmarks.lenses_page import real_data

    impostors = options.n if options.impostors is None else options.impostors
    rows = verdicts.measure(survey, options.n, impostors, WORK / f"verdicts-{survey}.jsonl", real_data())
    words = f"{survey}, seed {verdicts.SEEDS[survey]}."
    return f"{words}\n\n{verdicts.section(rows)}\n\n{provenance(command, versions(PACKAGES))}"


def _ground(options: argparse.Namespace, command: str) -> str:
    return _verdicts(options, command, "des")


def _doubles(options: argparse.Namespace, command: str) -> str:
    from benchmarks import double_planes

    rows = double_planes.measure(options.n, WORK / "doubles.jsonl")
    return f"{double_planes.section(rows)}\n\n{provenance(command, versions(PACKAGES))}"


def _engines(options: argparse.Namespace, command: str) -> str:
    from benchmarks import engines

    rows = engines.measure(min(options.n, 6), WORK / "engines.jsonl")
    return f"{engines.section(rows)}\n\n{provenance(command, versions((*PACKAGES, 'lenstronomy', 'emcee')))}"


def _samplers(options: argparse.Namespace, command: str) -> str:
    from benchmarks import samplers

    busy = busy_cores()
    table = samplers.section(samplers.measure(options.cap))
    used = versions((*PACKAGES, "numpyro", "lenstronomy", "emcee", "nautilus-sampler"))
    return f"{samplers.EXPLAINED}\n\n{table}\n\n{provenance(command, used, busy)}"


MEASURES = {
    "speed": _speed,
    "simulate": _simulate,
    "lenses": _lenses,
    "stages": _stages,
    "training": _training,
    "engines": _engines,
    "samplers": _samplers,
    "coverage": _coverage,
    "verdicts": _verdicts,
    "ground": _ground,
    "doubles": _doubles,
}
"""What measures each section, in order."""


if __name__ == "__main__":
    main()
