"""The exhibits of an appendix by name, in its order, and which of them a preset shows."""

EXHIBIT_NAMES = (
    "summary", "single_case", "ladder", "event_study", "sensitivity", "forest", "margins", "spillovers",
    "translation", "claims", "findings", "raw", "data_card", "register", "descriptives", "selection", "assumptions",
    "warnings", "cross_check", "machine",
)  # fmt: skip
PRESETS: dict[str, tuple[str, ...]] = {
    "full": EXHIBIT_NAMES,
    "brief": (
        "summary", "data_card", "register", "ladder", "event_study", "translation", "findings", "warnings", "machine",
    ),
    "registry": ("summary", "data_card", "descriptives", "claims", "warnings", "machine"),
    "watch": ("data_card", "warnings", "machine"),
    "single_case": (
        "summary", "data_card", "register", "raw", "ladder", "sensitivity", "single_case", "translation",
        "claims", "findings", "assumptions", "warnings", "cross_check", "machine",
    ),
}  # fmt: skip
