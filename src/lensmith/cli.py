"""The command line: one thin function a command; what is heavy is imported inside it."""

import signal
import sys
from pathlib import Path
from typing import Annotated

import typer

from lensmith.errors import InputError, LensmithError, SettingsError

app = typer.Typer(
    name="lensmith",
    help="From survey pixels to trustworthy strong gravitational lens models.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
)

_STOPPED = "stopped; the same command goes on from here"

Inputs = Annotated[
    list[Path],
    typer.Argument(metavar="INPUT", help="FITS files, folders of them, manifests (.csv, .ecsv), stacks."),
]
Config = Annotated[
    Path | None, typer.Option("--config", metavar="F", help="Settings in YAML, sections `read` and `model`.")
]
PixelScale = Annotated[
    float | None, typer.Option("--pixel-scale", metavar="A", help="Arcsec a pixel, where the files do not say.")
]
Psf = Annotated[
    Path | None, typer.Option("--psf", metavar="F", help="FITS file of the PSF, where the files hold none.")
]
PsfFwhm = Annotated[
    float | None, typer.Option("--psf-fwhm", metavar="A", help="FWHM of a Gaussian PSF in arcsec, instead of --psf.")
]
ZeroPoint = Annotated[
    float | None,
    typer.Option("--zero-point", metavar="M", help="AB magnitude of one unit of flux, where unsaid."),
]
Workers = Annotated[
    int | None,
    typer.Option("--workers", metavar="N", min=1, help="Processes [default: one a usable core]."),
]


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
) -> None:
    """Model every candidate; write a catalogue, pictures and a report.

    Stop it any time: the same command picks up where it stopped.
    """
    from lensmith.pipeline import load_settings, run_job

    settings = load_settings(config, pixel_scale=pixel_scale, psf=psf, psf_fwhm=psf_fwhm, zero_point=zero_point)
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
) -> None:
    """Model one candidate, with the engine and outputs of `run`."""
    from lensmith.pipeline import load_settings, model_one

    settings = load_settings(config, pixel_scale=pixel_scale, psf=psf, psf_fwhm=psf_fwhm, zero_point=zero_point)
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
