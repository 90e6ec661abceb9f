"""How sure a figure is: intervals, differences and corrections, as pure functions of plain numbers."""
