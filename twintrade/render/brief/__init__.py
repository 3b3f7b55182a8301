"""The brief: two pages that say what was asked, what happened, how far to believe it, and what would be needed."""

from twintrade.render.brief.document import build_brief as build_brief
