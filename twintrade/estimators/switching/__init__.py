"""Units that change their dose, and those that could stand for them."""
