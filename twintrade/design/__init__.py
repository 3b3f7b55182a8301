"""Who is compared with whom, and when."""
