"""What a doctor would tell before scoring: states of their own, and the findings made of them."""
