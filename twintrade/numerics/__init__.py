"""Arrays in, small frozen results out: the linear algebra, free of pandas and of files."""
