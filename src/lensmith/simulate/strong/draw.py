"""One scene of the kind: a lens with all that belongs to it, or an impostor."""

from difflib import get_close_matches

import numpy as np

from lensmith.errors import SettingsError
from lensmith.simulate.lens_scene import Scene
from lensmith.simulate.strong import background, deflector, field
from lensmith.simulate.strong.impostors import IMPOSTORS
from lensmith.simulate.strong.pictures import Picture
from lensmith.simulate.strong.selection import isolation
from lensmith.simulate.strong.settings import StrongSettings
from lensmith.simulate.strong.sky import ChoosePicture, Drawn, Sky

REAL = "real"
"""The class of a real cutout into which nothing is painted."""


def choose_class(settings: StrongSettings, rng: np.random.Generator) -> str:
    """``lens``, or the class of an impostor; where arcs are painted into real cutouts, `REAL` is one left as it is."""
    if rng.random() < settings.lens_fraction:
        return "lens"
    if settings.into is not None and settings.paint == "arcs":
        return REAL
    chosen = str(settings.impostors.kinds.draw(rng))
    if chosen not in IMPOSTORS:
        near = get_close_matches(chosen, IMPOSTORS, n=1)
        hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(IMPOSTORS)}"
        raise SettingsError(f"impostors.kinds: there is no class {chosen}; {hint}")
    return chosen


def draw_scene(
    name: str,
    scenes: Scene,
    row: int,
    sky: Sky,
    settings: StrongSettings,
    rng: np.random.Generator,
    choose_picture: ChoosePicture | None = None,
) -> tuple[Drawn, list[Picture]]:
    """A scene of class `name` in row `row` of `scenes`, with the pictures that its stamps number."""
    drawn = Drawn(scenes, row, rng, {"class": name, "is_lens": name == "lens"}, choose=choose_picture)
    if name == "lens":
        _draw_lens(drawn, sky, settings)
    elif name != REAL:
        IMPOSTORS[name](drawn, sky, settings)
    if settings.into is None:
        field.add_neighbours(drawn, sky, settings.neighbours)
    drawn.truth["n_other"] = drawn.used.get("other", 0)
    if name == "lens":
        drawn.truth["isolation"] = isolation(drawn)
    return drawn, drawn.pictures


def _draw_lens(drawn: Drawn, sky: Sky, settings: StrongSettings) -> None:
    scale = drawn.draw(settings.deflector.scale)
    group = {"group": settings.group, "cluster": settings.cluster}.get(scale)
    galaxy = deflector.draw_mass(drawn, sky, settings.deflector, group)
    source = background.draw_source(drawn, sky, settings.source, galaxy["z_lens"])
    deflector.add_deflector(drawn, sky, galaxy, settings.deflector, source["z"])
    if group is not None:
        deflector.add_halo(drawn, galaxy, group, source["z"])
    drawn.truth |= {"scale": scale, "theta_E_eff": drawn.theta_E_eff}
    with_light = settings.into is None or settings.paint == "all"
    if with_light:
        picture = drawn.picture(settings.deflector.catalogue_fraction)
        deflector.add_light(drawn, sky, galaxy, settings.deflector, picture)
    if group is not None and with_light:
        deflector.add_members(drawn, sky, galaxy, group, source["z"])
    picture = drawn.picture(settings.source.catalogue_fraction)
    background.add_source(drawn, sky, source, settings.source, picture)
    background.draw_quasar(drawn, sky, source, settings.quasar)
    drawn.truth["quasar"] = drawn.quasar_magnitudes is not None
