"""What names mean: of extensions, of files and of filters."""

import re

KINDS = {
    "sci": ("SCI", "BGSUB", "FLUX", "DATA", "IMAGE", "IMG", "SCIENCE"),
    "sigma": ("ERR", "RMS", "ERROR", "NOISE", "NOISE_MAP", "NOISEMAP", "SIGMA", "STD", "UNCERT"),
    "variance": ("VAR", "VARIANCE"),
    "weight": ("WHT", "WEIGHT", "IVAR", "INVVAR", "WGT", "WT"),
    "psf": ("PSF", "KERNEL"),
    "flags": ("DQ", "FLAG", "FLAGS", "FLG", "MSK", "BPM"),
    "mask": ("MASK",),
    "other": (
        *("BKG", "BACKGROUND", "SKY", "SEG", "SEGMENTATION", "MODEL", "CTX", "CON", "EXP", "AREA", "CATALOG"),
        *("VAR_POISSON", "VAR_RNOISE", "VAR_FLAT", "RESIDUAL", "LENS_LIGHT", "ARCS", "SOURCE", "MASK_EXTRA_GALAXIES"),
    ),
}
"""Names of extensions and files, by what they hold; earlier ones win where a band has several of a kind."""
NOISE_KINDS = ("sigma", "variance", "weight")
_KIND_OF = {name: kind for kind, names in KINDS.items() for name in names}
_FILTER = re.compile(
    r"((des|sdss|hsc|decam|lsst|nir|ps1|euclid|megacam)[_-]?)?([ugrizyjhk]|ks)|vis|f\d{3,4}(w|m|n|x|lp)|band\d+",
    re.IGNORECASE,
)


def classify(name: str) -> tuple[str, str, int] | None:
    """What a name such as ``SCI``, ``VIS_RMS`` or ``psf_F814W`` says: the rest ('' if none), the kind and its rank.

    The longest match at either end wins; None where no part of the name is known.
    """
    parts, whole = name.upper().split("_"), name.split("_")
    for size in range(len(parts), 0, -1):
        for kind_part, rest in (("_".join(parts[-size:]), whole[:-size]), ("_".join(parts[:size]), whole[size:])):
            if (kind := _KIND_OF.get(kind_part)) is not None:
                return "_".join(rest), kind, KINDS[kind].index(kind_part)
    return None


def split_filter(name: str) -> tuple[str, str]:
    """``lens_F814W`` -> (``lens``, ``F814W``); the second is '' where the name does not end with a filter."""
    if _FILTER.fullmatch(name):
        return "", name
    head, _, tail = name.rpartition("_")
    return (head, tail) if head and _FILTER.fullmatch(tail) else (name, "")


def distinct_names(names: list[str]) -> tuple[list[str], tuple[str, ...]]:
    """Band names made to differ by their place in the file where they repeat, and a note if any did."""
    if len(set(names)) == len(names):
        return names, ()
    out = [f"{name}-{place + 1}" if names.count(name) > 1 else name for place, name in enumerate(names)]
    repeated = ", ".join(sorted({name for name in names if names.count(name) > 1}))
    return out, (f"several images say that they are band {repeated}: they are told apart by their order in the file",)
