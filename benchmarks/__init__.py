"""Speed, memory and agreement side by side with other packages: ``python -m benchmarks [gravity|staggered|...]``."""
