"""How a run shows that it is alive: a bar on a terminal, a line for every candidate elsewhere."""

import sys
import time


class Progress:
    """Progress of a run on standard output.

    Used as a context; `done` candidates of `total` are there already when it starts.
    """

    def __init__(self, total: int, done: int, workers: int):
        self.total, self.done, self.workers = total, done, workers
        self.width = len(str(total))
        self.started = time.monotonic()
        self.bar = None

    def __enter__(self):
        before = f", {self.done} of them finished before" if self.done else ""
        workers = f"{self.workers} worker{'s' if self.workers > 1 else ''}"
        print(f"{self.total} candidate{'s' if self.total != 1 else ''}{before}; {workers}", flush=True)
        if sys.stdout.isatty() and self.done < self.total:
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
            from rich.progress import TimeRemainingColumn as Remaining

            columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("left"), Remaining())
            self.bar = Progress(*columns, TextColumn("{task.description}"))
            self.bar.start()
            self.task = self.bar.add_task("starting the workers", total=self.total, completed=self.done)
        return self

    def __exit__(self, *_):
        if self.bar:
            self.bar.stop()

    def finished(self, row: dict) -> None:
        """Tell that a candidate is done."""
        self.done += 1
        line = summary_of(row)
        if self.bar:
            self.bar.update(self.task, completed=self.done, description=line)
        else:
            print(f"[{self.done:{self.width}d}/{self.total}] {line}", flush=True)


def summary_of(row: dict) -> str:
    """One candidate in one line: id, verdict, Einstein radius or reason, seconds."""
    theta_E = row.get("theta_E")
    what = f'theta_E {theta_E:.3f}"' if theta_E is not None else row.get("reasons") or ""
    seconds = row.get("seconds")
    return f"{row['id']}  {row['verdict']}  {what}" + (f"  {seconds:.1f} s" if seconds is not None else "")
