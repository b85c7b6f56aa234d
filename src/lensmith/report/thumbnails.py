"""How the pictures of a report's rows get into it."""

import base64
import io
import urllib.parse
from pathlib import Path

from matplotlib.image import imread, imsave

from lensmith.report.rows import Row

EMBEDDED_ROWS = 500
"""Up to so many rows a report holds its thumbnails itself; one of more rows links to the candidates' folders."""


def thumbnail_source(row: Row, run_folder: Path, embed: bool) -> str:
    """What a row's ``<img src>`` says: a data URL where `embed`, else a relative link; "" for no picture."""
    if "thumb.png" not in row.files:
        return ""
    if not embed:
        return link(row, "thumb.png")
    try:
        pixels = imread(run_folder / "candidates" / row.folder / "thumb.png")
    except (OSError, SyntaxError):  # Pillow raises SyntaxError for a PNG that is broken inside.
        return ""
    jpeg = io.BytesIO()
    imsave(jpeg, pixels[..., :3].copy(order="C"), format="jpg", pil_kwargs={"quality": 85})
    return "data:image/jpeg;base64," + base64.b64encode(jpeg.getvalue()).decode("ascii")


def link(row: Row, file: str) -> str:
    """Relative URL of one of a candidate's files, from the run folder."""
    return urllib.parse.quote(f"candidates/{row.folder}/{file}")
