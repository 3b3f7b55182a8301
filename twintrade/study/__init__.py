"""An analysis file, run."""
