"""Effective wavelengths guessed from filters' names, to order bands from blue to red."""

import re

BROAD = {
    "u": 0.36, "g": 0.48, "r": 0.63, "i": 0.76, "z": 0.9, "y": 1.0, "vis": 0.72, "j": 1.25, "h": 1.63, "k": 2.2,
    "ks": 2.15, "b": 0.44, "v": 0.55,
}  # fmt: skip
"""Lower-case name -> micrometres."""
INFRARED = {277, 322, 356, 444}
"""Numbers of wide JWST filters that would otherwise read as ultraviolet or optical ones."""


def wavelength(name: str) -> float | None:
    """Effective wavelength of a filter in micrometres from its name, or None where the name does not tell.

    Understands HST's and JWST's names (``F814W`` is 0.814, ``F160W`` 1.60: optical filters are named in nanometres,
    infrared ones in hundredths of a micrometre) and broad bands, alone or at the end of a longer name (``NIR_Y``).
    """
    coded = re.search(r"(?<![A-Za-z0-9])F(\d{3})(?:W2?|LP|M|N|X)(?![A-Za-z0-9])", name, flags=re.IGNORECASE)
    if coded:
        number = int(coded[1])
        return number / 100 if number <= 200 or number in INFRARED else number / 1000
    return BROAD.get(re.split(r"[^A-Za-z]+", name.strip().lower())[-1] or name.strip().lower())
