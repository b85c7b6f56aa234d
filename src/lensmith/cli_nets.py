"""Commands that train, judge, ask and list networks."""

from pathlib import Path
from typing import Annotated

import typer

from lensmith.cli_options import PixelScale, Psf, PsfFwhm


def train(
    recipe: Annotated[str, typer.Argument(metavar="RECIPE", help="A recipe's name (see `nets`) or YAML file.")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="The run folder.")],
    data: Annotated[
        Path | None, typer.Option("--data", metavar="DIR", help="Labelled samples: class folders, zip, or a data set.")
    ] = None,
    sets: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="One setting, as loop.epochs=3; repeatable.")
    ] = None,
    folds: Annotated[int | None, typer.Option("--folds", metavar="K", help="Cross-validate in K parts.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with what is in the run folder.")] = False,
) -> None:
    """Train a network as a recipe says."""
    from lensmith.training import train_command

    for line in train_command(recipe, out, data, sets or [], folds, resume):
        typer.echo(line)


def evaluate(
    checkpoint: Annotated[str, typer.Argument(metavar="CHECKPOINT", help="A run folder, file, shipped name, hub id.")],
    data: Annotated[Path, typer.Option("--data", metavar="DIR", help="Labelled samples that were not trained on.")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where scores and pictures go.")],
    against: Annotated[
        list[Path] | None,
        typer.Option("--against", metavar="DIR", help="Compare with this evaluation on the same samples; repeatable."),
    ] = None,
) -> None:
    """Score a trained network, with intervals and pictures."""
    from lensmith.training import evaluate as score

    score(checkpoint, data, out, typer.echo, tuple(against or ()))


def predict(
    checkpoint: Annotated[str, typer.Argument(metavar="CHECKPOINT", help="A run folder, file, shipped name, hub id.")],
    out: Annotated[
        Path, typer.Option("--out", metavar="FILE", help="The table (.csv), or the masks of a segmenter (.npz).")
    ],
    inputs: Annotated[
        list[Path] | None, typer.Argument(metavar="INPUT", help="Images, stacks, folders, data sets.")
    ] = None,
    light_curves: Annotated[
        Path | None,
        typer.Option("--light-curves", metavar="CSV", help="name, band, time, flux, flux_error; INPUT then is FITS."),
    ] = None,
    every_epoch: Annotated[
        bool, typer.Option("--every-epoch", help="A row after each epoch of the light curves (transient).")
    ] = False,
    pixel_scale: PixelScale = None,
    psf: Psf = None,
    psf_fwhm: PsfFwhm = None,
) -> None:
    """Ask a trained network about images; a table out, or masks.

    Finder and estimator take what `run` takes; killed, the same command goes on.
    """
    from lensmith.pipeline import ask

    options = {"pixel_scale": pixel_scale, "psf": psf, "psf_fwhm": psf_fwhm}
    rows = ask(checkpoint, inputs or [], out, typer.echo, light_curves, every_epoch, **options)
    typer.echo(f"{rows} samples: {out}")


def nets() -> None:
    """List the networks: task, parameters, shipped weights, recipes and their scores."""
    from lensmith.training import network_lines

    for line in network_lines():
        typer.echo(line)
