"""Copies of the HST lenses with their first band alone, to show what joint bands gain."""

from pathlib import Path

from astropy.io import fits


def write_first_bands(source: Path, target: Path) -> Path:
    """Copy each file of `source` to `target` with the extensions of EXTVER 1 only; return `target`.

    What is there already stays: a run that goes on would take a new file for a new lens.
    """
    target.mkdir(parents=True, exist_ok=True)
    for path in sorted(source.glob("*.fits")):
        if (target / path.name).exists():
            continue
        with fits.open(path) as hdus:
            first = [hdu for hdu in hdus[1:] if hdu.ver == 1]
            fits.HDUList([hdus[0], *first]).writeto(target / path.name)
    return target
