"""One series over time: segments, breaks, long-run variances."""
