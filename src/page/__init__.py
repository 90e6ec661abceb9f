"""The page on which a network moves, in HTML, CSS and JavaScript, and what makes one file of them."""
