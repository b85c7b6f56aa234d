"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

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

NoNets = Annotated[bool, typer.Option("--no-nets", help="No network looks at the candidates before the fit.")]

Sampler = Annotated[
    str | None,
    typer.Option("--sampler", metavar="NAME", help="laplace, importance or nuts [default: laplace]."),
]
Engine = Annotated[
    str | None,
    typer.Option("--engine", metavar="NAME", help="fast, or lenstronomy (over an hour a lens) [default: fast]."),
]
Quick = Annotated[
    bool, typer.Option("--quick", help="Posterior by the Laplace approximation alone: --sampler laplace.")
]
