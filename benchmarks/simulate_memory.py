"""Memory of a process that draws many samples and keeps none."""

import psutil

MARKS = (2_000, 6_000, 12_000, 20_000)


def measure() -> list[tuple[int, float]]:
    """(samples so far, resident memory in MB), drawn as training draws them."""
    from lensmith.simulate.dataset_job import samples

    settings = {"side": 32, "supersampling": 1, "profiles": False}
    process, marks = psutil.Process(), list(MARKS)
    found, made = [], 0
    for batch in samples("strong", 1, "hst-acs", settings, stop=MARKS[-1], batch=200):
        made += len(batch)
        if made >= marks[0]:
            found.append((made, process.memory_info().rss / 1e6))
            marks.pop(0)
    return found
