"""Draws the pictures of the README from results/us-states: python .ci/pictures.py (needs pdftoppm).

With --check nothing is written, and a picture that differs from the one drawn now is an error.
"""

import subprocess
import sys
from pathlib import Path

from PIL import Image, ImageChops, ImageStat

WIDTH, COLORS = 900, 200
MOST_DIFFERENCE = 1.0  # mean over all pixels, of 255: a line of text that moved makes two
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


def draw(results: Path, source: str, scratch: Path) -> Image.Image:
    """Return a picture small enough for a page that is read on the way."""
    picture = read_picture(results / source, scratch).convert("RGB")
    size = (WIDTH, round(picture.height * WIDTH / picture.width))
    return picture.resize(size, Image.Resampling.LANCZOS).quantize(COLORS, Image.Quantize.MAXCOVERAGE)


def is_same(one: Image.Image, other: Image.Image) -> bool:
    """Whether two pictures differ by no more than another release of a library draws."""
    if one.size != other.size:
        return False
    difference = ImageChops.difference(one.convert("L"), other.convert("L"))
    return ImageStat.Stat(difference).mean[0] < MOST_DIFFERENCE


def main(root: Path, results: Path, *, is_check: bool) -> int:
    """Write each picture, or compare it with the one there is; return how many differ."""
    folder, stale = root / "docs" / "figures", 0
    for name, source in PICTURES.items():
        small, file = draw(results, source, folder / "page"), folder / f"{name}.png"
        if not is_check:
            small.save(file, optimize=True)
        elif not is_same(small, Image.open(file)):
            print(f"docs/figures/{name}.png is not what {results / source} shows: run python .ci/pictures.py")
            stale += 1
    return stale


if __name__ == "__main__":
    here = Path(__file__).resolve().parents[1]
    given = [argument for argument in sys.argv[1:] if argument != "--check"]
    at = Path(given[0]) if given else here / "results" / "us-states"
    sys.exit(main(here, at, is_check="--check" in sys.argv))
