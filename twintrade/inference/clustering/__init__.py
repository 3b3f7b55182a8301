"""Clusters, small-sample conventions and joint tests."""
