"""Draws the pictures of the README from results/us-states: python .ci/pictures.py (needs pdftoppm)."""

import subprocess
import sys
from pathlib import Path

from PIL import Image

WIDTH, COLORS = 900, 200
PICTURES = {"brief": "brief.pdf", "event-study": "figures/event-paths.png"}


def read_picture(file: Path, scratch: Path) -> Image.Image:
    """Return a picture, or the first page of a document."""
    if file.suffix != ".pdf":
        return Image.open(file)
    words = ["pdftoppm", "-png", "-r", "110", "-f", "1", "-l", "1", "-singlefile", str(file), str(scratch)]
    subprocess.run(words, check=True)
    page = Image.open(scratch.with_suffix(".png")).copy()
    scratch.with_suffix(".png").unlink()
    return page


def main(root: Path, results: Path) -> None:
    """Write each picture small enough for a page that is read on the way."""
    folder = root / "docs" / "figures"
    for name, source in PICTURES.items():
        picture = read_picture(results / source, folder / "page").convert("RGB")
        size = (WIDTH, round(picture.height * WIDTH / picture.width))
        small = picture.resize(size, Image.Resampling.LANCZOS).quantize(COLORS, Image.Quantize.MAXCOVERAGE)
        small.save(folder / f"{name}.png", optimize=True)


if __name__ == "__main__":
    here = Path(__file__).resolve().parents[1]
    main(here, Path(sys.argv[1]) if len(sys.argv) > 1 else here / "results" / "us-states")
