"""What the tests ask of a run folder."""

from pathlib import Path

from lensmith.pipeline.folder import RunFolder

QUICK = "fake_models:quick"


def rows(folder: Path) -> dict[str, dict]:
    """Every row stored in a run folder by id, less the time that it took."""
    stored = [RunFolder(folder).stored(name)["row"] for name in RunFolder(folder).names()]
    return {row["id"]: {name: value for name, value in row.items() if name != "seconds"} for row in stored}


def verdicts(summary) -> dict[str, str]:
    """Verdict by id."""
    return {row["id"]: row["verdict"] for row in summary.rows}
