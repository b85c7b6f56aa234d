"""`lensmith simulate`: settings from wherever they were said, progress, and what to tell at the end."""

import sys
import time
from pathlib import Path


class SampleProgress:
    """Samples made so far: a bar on a terminal, a line for every tenth of them elsewhere."""

    def __init__(self, what: str):
        self.what, self.bar, self.told, self.begun = what, None, -1, None

    def __call__(self, done: int, total: int) -> None:
        """Show that `done` of `total` samples are on disk."""
        if self.begun is None:
            self.begun = time.monotonic(), done
            before = f", {done} of them made before" if done else ""
            print(f"{total} sample{'s' if total != 1 else ''} of {self.what}{before}", flush=True)
            if sys.stdout.isatty() and done < total:
                self._start_bar(done, total)
        if self.bar:
            self.bar.update(self.task, completed=done)
        elif done and 10 * done // total > self.told and done < total:
            print(f"[{done}/{total}]", flush=True)
        self.told = 10 * done // total

    def _start_bar(self, done: int, total: int) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
        from rich.progress import TimeRemainingColumn as Remaining

        self.bar = Progress(BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("left"), Remaining())
        self.bar.start()
        self.task = self.bar.add_task(self.what, total=total, completed=done)

    def stop(self) -> None:
        """Take the bar away."""
        if self.bar:
            self.bar.stop()

    def pace(self, total: int) -> str:
        """How many samples were made now, and how fast; '' if none."""
        seconds, made = time.monotonic() - self.begun[0], total - self.begun[1]
        return f"{made} made in {seconds:.1f} s, {made / seconds:.3g} a second" if made and seconds > 0 else ""


def run_simulation(
    kind: str,
    out: Path,
    n: int,
    seed: int,
    *,
    survey: str | None = None,
    sets: list[str] | None = None,
    config: Path | None = None,
    preset: str | None = None,
    preview: bool = False,
) -> list[str]:
    """Simulate a data set as the command line asks for it; returns what to tell the user.

    A preset or settings file may name the survey at its top; `survey` goes before it.

    Raises
    ------
    SettingsError
        for a wrong kind, survey, setting or number.
    OutputError
        if `out` cannot be written.
    """
    from lensmith.pipeline.machine import keep_compiled_code

    keep_compiled_code()
    from lensmith.simulate.dataset_job import PREVIEW, simulate_dataset
    from lensmith.simulate.settings import resolve

    settings, named = resolve(kind, config, sets, preset)
    progress = SampleProgress(f"{kind}, seed {seed}")
    try:
        dataset = simulate_dataset(kind, out, n, seed, survey or named, settings, progress, preview)
    finally:
        progress.stop()
    arrays = ", ".join(f"{name} {'x'.join(map(str, spec.shape))}" for name, spec in dataset.specs.items())
    lines = [line for line in (progress.pace(n),) if line]
    lines.append(f"{out}: {len(dataset)} samples; {arrays}; truth of {len(dataset.columns)} columns")
    if preview:
        lines.append(f"picture: {Path(out) / PREVIEW}")
    return lines
