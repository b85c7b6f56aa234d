"""The command `lensmith halos`: skies in, tables, maps and pictures out; it goes on where it was stopped."""

import hashlib
import json
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from lensmith.data.dark_worlds import read_true_haloes, sky_name
from lensmith.data.galaxy_field import GalaxyField
from lensmith.data.sky_files import list_skies, read_sky
from lensmith.errors import InputError, LensmithError, OutputError, SettingsError
from lensmith.halos.analysis import analyse_sky
from lensmith.halos.files import RESULT, failed_row, halo_rows, sky_row, write_sky_folder, write_tables
from lensmith.halos.inference import MOST, Effort
from lensmith.halos.priors import HaloPrior, load_prior


def find_halos(
    skies: Iterable[Path | str],
    out: Path | str,
    halos: int | None = None,
    prior: str | None = None,
    truth: Path | str | None = None,
    flip_e2: bool = False,
    psf_sigma: float = 0.0,
    seed: int = 0,
    effort: Effort | None = None,
    cache: Path | None = None,
    say: Callable[[str], object] = lambda line: None,
) -> list[str]:
    """Look for haloes in every sky and write what was found into the folder `out`; lines that sum it up.

    Parameters
    ----------
    skies : catalogues (.csv, .ecsv, .fits), pictures (.png), FITS images, or folders of them.
    halos : the number of haloes in each sky, if it is known: 1 to 3.
    prior : name of a prior (`halos.priors.PRIORS`); by default ``dark-worlds`` for its own layout, else ``general``.
    truth : a file of true haloes (Dark Worlds layout), to be shown in the pictures.
    effort : how much the sampler does; None for its default.
    cache : folder in which compiled functions are kept between runs.
    say : called with a line after every sky.

    Raises
    ------
    SettingsError, InputError, OutputError
        for wrong options, if there is no sky, or nothing can be told of any.
    """
    if halos is not None and not 1 <= halos <= MOST:
        raise SettingsError(f"--halos is a number from 1 to {MOST}, not {halos}")
    if prior is not None:
        load_prior(prior)
    true = read_true_haloes(truth) if truth is not None else {}
    paths = list_skies(skies)
    out = Path(out)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{out} cannot be made a folder: {error.strerror}") from error
    if cache is not None:
        _keep_compiled(cache)
    about = {"halos": halos, "prior": prior, "flip_e2": flip_e2, "psf_sigma": psf_sigma, "seed": seed}
    found = []
    for place, (name, path) in enumerate(paths.items(), start=1):
        rows = _one_sky(name, path, out / name, about, true, effort)
        found.append(rows)
        say(f"[{place}/{len(paths)}] {_line(rows)}")
    write_tables(out, [row for rows in found for row in rows["halos"]], [rows["sky"] for rows in found])
    if all(rows["sky"]["status"] != "done" for rows in found):
        raise InputError(found[0]["sky"]["reason"])
    return [f"{sum(r['sky']['status'] == 'done' for r in found)} of {len(found)} skies done; tables are in {out}"]


def _keep_compiled(folder: Path) -> None:
    """Keep what JAX compiles: it takes longer than a sky."""
    import jax

    jax.config.update("jax_compilation_cache_dir", str(folder))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.3)


def _one_sky(name: str, path: Path, folder: Path, about: dict, true: dict, effort: Effort | None) -> dict:
    """The rows of one sky, from its folder if it was done before with the same options."""
    mark = about | {"file": _digest(path)}
    done = _read_result(folder / RESULT)
    if done is not None and done.get("about") == mark:
        return done
    started = time.monotonic()
    try:
        field = read_sky(path, about["flip_e2"], about["psf_sigma"])
        prior = _prior_for(field, about["prior"])
        result = analyse_sky(_named(field, name), prior, about["halos"], about["seed"], effort)
    except LensmithError as error:
        return {"sky": failed_row(name, str(error)), "halos": []}
    row = sky_row(result, about["halos"] is not None, time.monotonic() - started)
    rows = {"about": mark, "sky": row, "halos": halo_rows(result, prior.law)}
    truth = true.get(name) or true.get(sky_name(path.stem))
    try:
        write_sky_folder(folder, result, rows, None if truth is None else truth.positions)
    except OSError as error:
        raise OutputError(f"{folder} cannot be written: {error.strerror or error}") from error
    return rows


def _named(field: GalaxyField, name: str) -> GalaxyField:
    from dataclasses import replace

    return replace(field, id=name)


def _prior_for(field: GalaxyField, name: str | None) -> HaloPrior:
    """The prior asked for, or the one of the sky's own layout."""
    if name is None:
        name = "dark-worlds" if field.layout == "dark-worlds" else "general"
    return load_prior(name)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _read_result(path: Path) -> dict | None:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _line(rows: dict) -> str:
    sky = rows["sky"]
    if sky["status"] != "done":
        return f"{sky['sky']}  cannot tell: {sky['reason']}"
    chances = " ".join(f"{sky[f'p{k}']:.2f}" for k in range(MOST + 1))
    places = "; ".join(f"({h['x']:.0f}, {h['y']:.0f}) +- {h['r68']:.0f}" for h in rows["halos"])
    return f"{sky['sky']}  P(0..{MOST}) {chances}  {places or 'no halo'}  {sky['seconds']:.1f} s"
