"""What does a twinning agreement do to trade? Panels, event studies, difference-in-differences, and the report."""

__version__ = "0.1.0"
