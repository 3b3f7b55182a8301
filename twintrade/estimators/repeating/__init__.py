"""The same estimate under many treatments, without refitting each from the start."""
