"""Commands about the search for lenses: what finder and estimator are trained on, and what a search finds."""

from pathlib import Path
from typing import Annotated

import typer


def inject(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Cutouts of one survey, with zero-points.")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where tables and picture go.")],
    n: Annotated[int, typer.Option("-n", metavar="N", help="How many lenses.")],
    survey: Annotated[
        str | None, typer.Option("--survey", metavar="NAME", help="The survey that took the cutouts (see `simulate`).")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", metavar="S", help="Lens i of a seed is always the same.")] = 1,
    min_p: Annotated[float, typer.Option("--min-p", metavar="P", help="A lens counts as found from here.")] = 0.5,
    prior: Annotated[float, typer.Option("--prior", metavar="P", help="Share of lenses in the survey.")] = 1e-3,
    sets: Annotated[
        list[str] | None, typer.Option("--set", metavar="key=value", help="One setting of `simulate strong`.")
    ] = None,
    finder: Annotated[str, typer.Option("--finder", metavar="W", help="Weights of the finder.")] = "finder",
) -> None:
    """Paint simulated lenses into cutouts and count which of them the finder finds: the selection function."""
    from lensmith.pipeline import inject as paint_and_find

    for line in paint_and_find(folder, out, n, survey, seed, min_p, prior, tuple(sets or ()), finder, typer.echo):
        typer.echo(line)


def mix(
    folders: Annotated[list[Path], typer.Argument(metavar="DIR", help="Data sets of `simulate strong --survey NAME`.")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="The data set of views.")],
    seed: Annotated[int, typer.Option("--seed", metavar="S", help="Seed of what is varied and of the split.")] = 1,
    test: Annotated[bool, typer.Option("--test", help="Vary nothing and call all samples test samples.")] = False,
    copies: Annotated[int, typer.Option("--copies", metavar="K", min=1, help="Views of each sample.")] = 1,
    plain: Annotated[
        float, typer.Option("--plain", metavar="SHARE", min=0, max=1, help="Share of the views that is not varied.")
    ] = 0.0,
) -> None:
    """Show lenses and impostors of several surveys as finder and estimator see them: what these two are trained on."""
    from lensmith.training.view_sets import make_views

    typer.echo(make_views(folders, out, seed, test, copies, plain))
