"""Files of the field, in and out: each format's reader and writer, and the table of all of them."""
