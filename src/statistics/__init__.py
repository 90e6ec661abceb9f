"""Statistics as pure functions of plain numbers: intervals, differences and corrections."""
