"""The page that shows a network in training, in HTML, CSS and JavaScript, and the code that bundles it."""
