"""The command line: one thin function a command; what is heavy is imported inside it."""

import json
import signal
import sys
from pathlib import Path
from typing import Annotated

import typer

from lensmith.cli_nets import evaluate, nets, predict, train
from lensmith.cli_options import (
    Config,
    Engine,
    Inputs,
    NoNets,
    PixelScale,
    Psf,
    PsfFwhm,
    Quick,
    Sampler,
    Workers,
    ZeroPoint,
)
from lensmith.cli_search import inject, mix
from lensmith.errors import InputError, LensmithError, SettingsError

app = typer.Typer(
    name="lensmith",
    help="From survey pixels to trustworthy strong gravitational lens models.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
)

_STOPPED = "stopped; the same command goes on from here"


def show_version(asked: bool) -> None:
    """Print the version and stop, if asked for."""
    if asked:
        from lensmith import __version__

        typer.echo(f"lensmith {__version__}")
        raise typer.Exit


@app.callback()
def options_of_every_command(
    version: Annotated[
        bool, typer.Option("--version", callback=show_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """From survey pixels to trustworthy strong gravitational lens models."""


@app.command()
def run(
    inputs: Inputs,
    out: Annotated[Path, typer.Option("--out", metavar="RUN", help="The run folder; the same command resumes in it.")],
    workers: Workers = None,
    config: Config = None,
    only: Annotated[
        list[str] | None, typer.Option("--only", metavar="ID", help="Model just this candidate; may be repeated.")
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Forget what the run folder holds and begin again.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with status 1 if any candidate failed.")] = False,
    pixel_scale: PixelScale = None,
    psf: Psf = None,
    psf_fwhm: PsfFwhm = None,
    zero_point: ZeroPoint = None,
    engine: Engine = None,
    sampler: Sampler = None,
    quick: Quick = False,
    no_nets: NoNets = False,
    min_p: Annotated[
        float | None, typer.Option("--min-p", metavar="P", help="Fit only what the finder gives this probability.")
    ] = None,
) -> None:
    """Model every candidate; write a catalogue, pictures and a report.

    Stop it any time: the same command picks up where it stopped.
    """
    from lensmith.pipeline import load_settings, run_job

    how = {"engine": engine, "sampler": sampler, "quick": quick, "no_nets": no_nets, "min_p": min_p}
    read = {"pixel_scale": pixel_scale, "psf": psf, "psf_fwhm": psf_fwhm, "zero_point": zero_point}
    settings = load_settings(config, **how, **read)
    summary = run_job(inputs, out, settings, workers=workers, only=only or (), fresh=fresh)
    for line in summary.lines():
        typer.echo(line)
    if strict and summary.counts["failed"]:
        raise typer.Exit(1)


@app.command()
def model(
    fits: Annotated[Path, typer.Argument(metavar="FITS", help="One candidate: a FITS file or a manifest of one.")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where model, posterior and pictures go.")],
    config: Config = None,
    pixel_scale: PixelScale = None,
    psf: Psf = None,
    psf_fwhm: PsfFwhm = None,
    zero_point: ZeroPoint = None,
    engine: Engine = None,
    sampler: Sampler = None,
    quick: Quick = False,
    no_nets: NoNets = False,
) -> None:
    """Model one candidate, with the engine and outputs of `run`."""
    from lensmith.pipeline import load_settings, model_one

    how = {"engine": engine, "sampler": sampler, "quick": quick, "no_nets": no_nets}
    read = {"pixel_scale": pixel_scale, "psf": psf, "psf_fwhm": psf_fwhm, "zero_point": zero_point}
    settings = load_settings(config, **how, **read)
    for line in model_one(fits, out, settings):
        typer.echo(line)


@app.command()
def demo(
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where the survey and its run folder go.")] = Path(
        "lensmith-demo"
    ),
    workers: Workers = None,
) -> None:
    """Simulate a small survey, model it, print where the report is."""
    from lensmith.pipeline import run_demo

    for line in run_demo(out, workers=workers):
        typer.echo(line)


@app.command()
def simulate(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="strong, double-plane, substructure, transient or sky.")],
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Folder of the data set; the same command goes on in it.")
    ],
    n: Annotated[int, typer.Option("-n", metavar="N", help="How many samples.")],
    seed: Annotated[int, typer.Option("--seed", metavar="S", help="Sample i of a seed is always the same.")] = 1,
    survey: Annotated[
        str | None,
        typer.Option(
            "--survey",
            metavar="NAME",
            help="des, des-deep, desi-dot, euclid, euclid-vis, hsc, hst-acs, jwst-nircam, lsst, lsst-wide, or a YAML "
            "file; des:g,r is des with these bands only [default: the kind's own].",
        ),
    ] = None,
    sets: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="key=value", help="One setting of the kind; may be repeated."),
    ] = None,
    config: Annotated[Path | None, typer.Option("--config", metavar="F", help="Settings of the kind in YAML.")] = None,
    preset: Annotated[
        str | None, typer.Option("--preset", metavar="NAME", help="Settings that come with lensmith.")
    ] = None,
    into: Annotated[
        Path | None,
        typer.Option("--into", metavar="FOLDER", help="Real cutouts to paint the lenses into (strong, double-plane)."),
    ] = None,
    preview: Annotated[bool, typer.Option("--preview", help="Draw the first samples into preview.png.")] = False,
) -> None:
    """Simulate gravitational lenses with the truth attached.

    KIND: strong (galaxy, group and cluster lenses and what is mistaken for them), double-plane (two sources behind one
    lens), substructure (dark-matter classes), transient (lensed supernovae in time), sky (galaxies sheared by haloes).
    """
    from lensmith.pipeline import run_simulation

    if into is not None:
        sets = [*(sets or []), f"into={json.dumps(str(into))}"]
    for line in run_simulation(
        kind, out, n, seed, survey=survey, sets=sets, config=config, preset=preset, preview=preview
    ):
        typer.echo(line)


@app.command()
def convert(
    source: Annotated[
        Path, typer.Argument(metavar="SOURCE", help="A data set, or a folder or zip of .npy or .png files.")
    ],
    target: Annotated[Path, typer.Argument(metavar="TARGET", help="A new file (.fits) or folder.")],
    to: Annotated[
        str | None,
        typer.Option(
            "--to", metavar="FORMAT", help="fits, deepgravilens, png, npy or data-set, where TARGET leaves it open."
        ),
    ] = None,
) -> None:
    """Convert between the data sets' layouts; what is made follows from what SOURCE and TARGET are."""
    from lensmith.data import convert as convert_layout

    typer.echo(convert_layout(source, target, to))


@app.command()
def label(
    folders: Annotated[
        list[Path], typer.Argument(metavar="DIR", help="Data sets simulated with components=true, or with images.npy.")
    ],
    rule: Annotated[str, typer.Option("--rule", metavar="RULE", help="truth or percentile.")] = "truth",
    snr: Annotated[
        float | None,
        typer.Option("--snr", metavar="S", help="truth: S/N in the PSF's area of what dominates a pixel [default: 5]."),
    ] = None,
    enhance_arcs: Annotated[
        bool, typer.Option("--enhance-arcs", help="percentile: brighten what is faint beside the lens in the images.")
    ] = False,
    mix: Annotated[
        Path | None,
        typer.Option("--mix", metavar="OUT", help="truth: one data set of all, as the shipped segmenter sees them."),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", metavar="S", help="How samples are split, and with --mix varied.")] = 1,
) -> None:
    """Make segmentation masks for simulated samples.

    RULE: truth (the component that dominates each pixel; added to the data set) or percentile (of noise-free images of
    lens and arcs, as published; a data set of its own, DIR/percentile). With --mix data sets of several surveys become
    one: detection images in noise units, 64x64 pixels, labelled by truth.
    """
    from lensmith.data.labelling import label_folder
    from lensmith.data.labels import SNR

    if mix is None:
        for folder in folders:
            typer.echo(label_folder(folder, rule, snr or SNR, enhance_arcs, seed))
        return
    if rule != "truth":
        raise SettingsError("--mix labels by truth: leave --rule percentile out")
    from lensmith.training.segmentation_mix import mix_segmentation

    typer.echo(mix_segmentation(folders, mix, seed=seed, snr=snr or SNR))


@app.command()
def halos(
    skies: Annotated[
        list[Path],
        typer.Argument(metavar="SKY", help="Galaxy catalogues (.csv, .ecsv, .fits), pictures, or folders of them."),
    ],
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Tables, maps, pictures; the same command resumes.")
    ],
    number: Annotated[
        int | None, typer.Option("--halos", metavar="K", help="Haloes in each sky, 1 to 3, where that is known.")
    ] = None,
    prior: Annotated[
        str | None,
        typer.Option("--prior", metavar="NAME", help="general(-sis, -core), dark-worlds(-winner)."),
    ] = None,
    truth: Annotated[
        Path | None, typer.Option("--truth", metavar="F", help="Dark Worlds file of true haloes, for the pictures.")
    ] = None,
    flip_e2: Annotated[bool, typer.Option("--flip-e2", help="Turn the sign of e2 (first axis to the East).")] = False,
    psf_sigma: Annotated[
        float, typer.Option("--psf-sigma", metavar="S", help="Gaussian PSF of pictures, in pixels.")
    ] = 0.0,
    seed: Annotated[int, typer.Option("--seed", metavar="S", help="Seed of the sampler.")] = 0,
) -> None:
    """Find dark-matter haloes in skies of galaxy shapes: how many, where, how sure."""
    from lensmith.halos import find_halos
    from lensmith.pipeline import compilation_cache

    options = {"halos": number, "prior": prior, "truth": truth, "flip_e2": flip_e2, "psf_sigma": psf_sigma}
    for line in find_halos(skies, out, **options, seed=seed, cache=compilation_cache(), say=typer.echo):
        typer.echo(line)


for command in (train, evaluate, predict, inject, mix, nets):
    app.command()(command)


@app.command()
def doctor() -> None:
    """Print what to paste into a bug report: versions, devices, cores."""
    from lensmith.pipeline import doctor_lines

    for line in doctor_lines():
        typer.echo(line)


def main() -> None:
    """Run the command that the shell gave; exit with its status."""
    # A batch system's request to end leaves time to write the catalogue, as an interrupt does.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sys.exit(run_command(sys.argv[1:]))


def run_command(arguments: list[str]) -> int:
    """Run one command and return its exit status: 0 done, 1 failed, 2 wrong use, 130 stopped from the keyboard."""
    try:
        status = app(args=arguments or ["--help"], prog_name="lensmith", standalone_mode=False) or 0
        # An interrupt comes out of typer as a status, an `Abort` or itself, according to its version.
        return complain(_STOPPED, 130) if status == 130 else status
    except (SettingsError, InputError) as error:
        return complain(str(error), 2)
    except LensmithError as error:
        return complain(str(error), 1)
    except KeyboardInterrupt:
        return complain(_STOPPED, 130)
    except Exception as error:
        # Wrong use, as typer raises it; where its classes live differs between its versions.
        if type(error).__name__ == "Abort":
            return complain(_STOPPED, 130)
        if not hasattr(error, "format_message"):
            raise
        context = getattr(error, "ctx", None)
        command = context.command_path if context else "lensmith"
        return complain(f"{error.format_message().rstrip('.')} (see {command} --help)", getattr(error, "exit_code", 2))


def complain(message: str, status: int) -> int:
    """Print an error on stderr and hand back the exit status."""
    print(f"lensmith: {message}", file=sys.stderr)
    return status
