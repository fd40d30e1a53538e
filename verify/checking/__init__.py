"""One engine, checked: what is asked, what is wrong, what is behind it."""
