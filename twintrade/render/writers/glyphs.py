"""Characters that a typeface can print, and replacements for the others."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from matplotlib import font_manager, get_data_path

from twintrade.effects import Message
from twintrade.render.names import Wording
from twintrade.render.style import DEFAULT_FAMILY, OWN_FONTS, TEXT_SANS, find_cjk_family, find_cjk_serif_family

FONT_FOLDER = Path(get_data_path()) / "fonts" / "ttf"


@cache
def load_charmap() -> frozenset[int]:
    """Return the code points that DejaVu Sans and an installed Chinese typeface can print."""
    points = set(font_manager.get_font(str(FONT_FOLDER / "DejaVuSans.ttf")).get_charmap())
    for path in list_cjk_paths()[:1]:
        points |= set(font_manager.get_font(str(path)).get_charmap())
    return frozenset(points)


@cache
def list_cjk_paths() -> tuple[Path, ...]:
    """Return the files of the installed Chinese typefaces, the one of figures first."""
    families = dict.fromkeys(filter(None, (find_cjk_family(), find_cjk_serif_family())))
    return tuple(Path(font_manager.findfont(family)) for family in families)


def list_font_folders(family: str) -> list[str]:
    """Return the folders with the typefaces of pages whose text is set in a family."""
    folders = [FONT_FOLDER, OWN_FONTS]
    if family not in (DEFAULT_FAMILY, TEXT_SANS):
        folders.append(Path(font_manager.findfont(family)).parent)
    folders += [path.parent for path in list_cjk_paths()]
    return list(dict.fromkeys(map(str, folders)))


@dataclass(frozen=True, slots=True, eq=False)
class Printer:
    """Texts made printable, remembering what was lost."""

    points: frozenset[int]  # code points the typeface has
    romanized: Mapping[str, str] = field(default_factory=dict)  # names in Latin letters, by name
    wording: Wording = field(default_factory=Wording)
    lost: dict[str, str] = field(default_factory=dict)  # text as given, and as printed

    def __call__(self, text: str) -> str:
        """Return a text with only printable characters: romanized names where known, else question marks."""
        if text.isascii() and text.isprintable():
            return text
        composed = unicodedata.normalize("NFC", text)
        # Neither controls nor bidirectional marks are text.
        marks = {c for c in set(composed) - {"\n", "\t"} if unicodedata.category(c) in {"Cc", "Cf", "Cs"}}
        clean = "".join(c for c in composed if c not in marks) if marks else composed
        if all(ord(c) in self.points or c in "\n\t" for c in set(clean)):
            return clean
        shown = clean
        for name in sorted(self.romanized, key=len, reverse=True):
            if name and not all(ord(c) in self.points for c in name):
                shown = shown.replace(name, self.romanized[name])
        shown = "".join(c if ord(c) in self.points or c in "\n\t" else "?" for c in shown)
        self.lost[clean] = shown
        return shown

    def messages(self, file: str) -> tuple[Message, ...]:
        """Return one warning for every text that lost characters."""
        messages = []
        for text, shown in self.lost.items():
            lost = " ".join(dict.fromkeys(c for c in text if ord(c) not in self.points and not c.isspace()))
            words = self.wording.say("glyph_lost", characters=lost, text=text[:80], shown=shown[:80])
            messages.append(Message(level="warning", code="glyph-missing", text=words, file=file))
        return tuple(messages)
