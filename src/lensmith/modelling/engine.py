"""The engine that the settings name."""

from lensmith.data import Cutout, LensFit, with_sharp_bands
from lensmith.modelling.settings import ModelSettings


def model(cutout: Cutout, settings: ModelSettings | None = None, findings=None) -> LensFit:
    """Model one candidate: our own engine (`fit.model`), or lenstronomy where `settings.engine` says so.

    Both fit the sharp bands (`lensmith.data.with_sharp_bands`); ours all of them where these show no lensed source.

    With `settings.point_images` a lensed quasar, from its point images. `findings` (`lensmith.data.Findings`) say where
    both engines search.

    Raises
    ------
    FitError
        if no model could be fitted.
    """
    settings = settings or ModelSettings()
    if settings.point_images:
        from lensmith.modelling.quasar import QuasarSettings, lens_fit_of, model_quasar

        how = QuasarSettings(point_images=settings.point_images, seed=settings.seed, n_draws=settings.n_draws)
        return lens_fit_of(cutout, model_quasar(cutout, how))
    if settings.engine == "lenstronomy":
        from lensmith.modelling.lenstronomy_engine import model_with_lenstronomy

        return model_with_lenstronomy(with_sharp_bands(cutout), settings, findings)
    from lensmith.modelling.fit import model as model_fast

    return model_fast(cutout, settings, findings)
