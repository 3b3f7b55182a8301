"""What was observed: readers, registry, places, money, provenance."""
