"""What a result set says about claims, in effects and in money."""
