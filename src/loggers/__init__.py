"""Where metrics and figures are logged beside the run folder."""
