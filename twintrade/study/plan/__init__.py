"""What an analysis will do, before anything is estimated."""
