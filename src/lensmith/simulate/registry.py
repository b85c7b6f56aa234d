"""The kinds of simulation, by name; a kind's module is imported when it is asked for."""

from importlib import import_module

from lensmith.errors import SettingsError
from lensmith.simulate.kind import Simulator
from lensmith.simulate.settings import KindSettings
from lensmith.simulate.survey import Survey
from lensmith.simulate.yaml_file import nearest

KINDS = {
    "strong": ("lensmith.simulate.strong", "StrongSettings", "StrongSimulator"),
    "double-plane": ("lensmith.simulate.double_plane", "DoublePlaneSettings", "DoublePlaneSimulator"),
    "substructure": ("lensmith.simulate.substructure", "SubstructureSettings", "SubstructureSimulator"),
    "transient": ("lensmith.simulate.transient", "TransientSettings", "TransientSimulator"),
    "sky": ("lensmith.simulate.sky", "SkySettings", "SkySimulator"),
}
"""Kind: its module, the class of its settings and that of its simulator."""


def settings_class(kind: str) -> type[KindSettings]:
    """The class of a kind's settings.

    Raises
    ------
    SettingsError
        if there is no such kind.
    """
    return _attribute(kind, 1)


def make_simulator(
    kind: str, survey: Survey | None = None, settings: KindSettings | None = None, n: int | None = None
) -> Simulator:
    """A kind with its survey (None: the kind's own) and settings (None: its defaults) fixed.

    `n` is how many samples are going to be asked for, where that is known.

    Raises
    ------
    SettingsError
        if there is no such kind, or survey and settings do not go together.
    """
    settings = settings_class(kind)() if settings is None else settings
    return _attribute(kind, 2)(survey, settings, n)


def _attribute(kind: str, place: int):
    if kind not in KINDS:
        raise SettingsError(f"there is no kind of simulation {kind}; {nearest(kind, KINDS)}")
    return getattr(import_module(KINDS[kind][0]), KINDS[kind][place])
