import json

import numpy as np
import pytest
from matplotlib.image import imsave

from lensmith import data


@pytest.fixture
def make_run(tmp_path):
    """Write a run folder: its catalogue, run.json, and a folder with pictures for every row with a radius."""

    def make(rows, record=None, rename=None, pictures=True):
        data.write_catalogue(rows, tmp_path)
        if record is not None:
            (tmp_path / "run.json").write_text(json.dumps(record))
        for row in rows:
            folder = tmp_path / "candidates" / (rename or {}).get(row["id"], row["id"])
            folder.mkdir(parents=True)
            (folder / "row.json").write_text(json.dumps({"fingerprint": "0", "row": row}))
            if "theta_E" in row and pictures:
                pixels = np.random.default_rng(0).integers(0, 255, (112, 342, 3)).astype(np.uint8)
                imsave(folder / "thumb.png", pixels)
                (folder / "summary.png").write_bytes(b"")
        return tmp_path

    return make
