"""The section on verdicts says what its rows say."""

from benchmarks import verdicts


def row(is_lens: bool, index: int, verdict: str, **more) -> dict:
    kind = "lens" if is_lens else "merger"
    return {"is_lens": is_lens, "index": index, "class": kind, "verdict": verdict, "fit_verdict": verdict} | more


def lens(index: int, fit: float, verdict: str = "accept") -> dict:
    """theta_E of 1 arcsec; an interval of 0.01 to either side, of 0.03 with the floor."""
    sides = {"stat_lo": fit - 0.01, "stat_hi": fit + 0.01, "lo": fit - 0.03, "hi": fit + 0.03}
    return row(True, index, verdict, theta_E=1.0, fit=fit, interval={"median": fit} | sides, reasons=[])


def cells(rows: list[dict], name: str) -> list[str]:
    (line,) = (line for line in verdicts.section(rows).splitlines() if line.startswith(f"| {name} |"))
    return [cell.strip() for cell in line.split("|")[2:-1]]


def test_intervals_of_accepted_lenses_are_counted():
    rows = [lens(0, 1.005), lens(1, 0.98), lens(2, 1.05), lens(3, 0.885), lens(4, 1.0, "check")]
    rows += [row(False, 0, "accept", reasons=[]), row(False, 1, "reject", reasons=["the arcs are not fitted"])]
    assert cells(rows, "theta_E held by its 68 % interval, statistical")[0].startswith("25.0 %")
    assert cells(rows, "the same with the floor")[0].startswith("50.0 %")
    assert cells(rows, "95 %, with the floor")[1].startswith("75.0 %")
    assert cells(rows, "impostors accepted")[1].startswith("50.0 %")
    assert cells(rows, "its bias (mean of those within 15 %, its error)")[0].startswith("-2.00 %")
    assert cells(rows, "bias of that (the same)")[0].startswith("-2.00 %")
