"""P-values, their adjustment and combination, and probabilities of normal vectors."""
