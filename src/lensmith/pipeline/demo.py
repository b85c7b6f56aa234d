"""The demonstration: a small simulated survey, the main job on it, and how close the answers come to the truth."""

from pathlib import Path

from lensmith.errors import SettingsError
from lensmith.pipeline.candidate import MODEL
from lensmith.pipeline.folder import writing
from lensmith.pipeline.job import run_job
from lensmith.pipeline.settings import RunSettings


def run_demo(
    out: Path,
    settings: RunSettings | None = None,
    *,
    workers: int | None = None,
    n: int = 12,
    seed: int = 1,
    model: str = MODEL,
) -> list[str]:
    """Simulate `n` candidates in ``out/cutouts``, model them in ``out/run``; return what to tell the user.

    Raises
    ------
    SettingsError
        if `out` holds something else.
    OutputError
        if it cannot be written.
    """
    from lensmith.simulate import simulate_demo

    out = Path(out)
    with writing(out):
        out.mkdir(parents=True, exist_ok=True)
        if any(out.iterdir()) and not (out / "cutouts").is_dir():
            raise SettingsError(f"{out} is not empty and holds no demo; name a new or empty folder with --out")
        truths = simulate_demo(out, n, seed)
    summary = run_job([out / "cutouts"], out / "run", settings, workers=workers, model=model)
    return ["", *_comparison(summary.rows, truths), "", *summary.lines()]


def _comparison(rows: list[dict], truths: list[dict]) -> list[str]:
    """Truth and answer side by side, one line a candidate."""
    by_id = {row["id"]: row for row in rows}
    lines = [f"{'id':8}  {'truth':>8}  {'theta_E':>8}  {'68 % interval':>16}  {'off by':>8}  verdict"]
    for truth in truths:
        row = by_id[truth["id"]]
        true, found = truth["theta_E"], row.get("theta_E")
        shown = f'{true:.3f}"' if truth["is_lens"] else "no lens"
        answer = f'{found:.3f}"' if found is not None else "-"
        interval = f'{row["theta_E_lo"]:.3f} to {row["theta_E_hi"]:.3f}"' if found is not None else ""
        off = f"{100 * (found / true - 1):+.1f} %" if truth["is_lens"] and found is not None else ""
        lines.append(f"{truth['id']:8}  {shown:>8}  {answer:>8}  {interval:>16}  {off:>8}  {row['verdict']}")
    return lines
