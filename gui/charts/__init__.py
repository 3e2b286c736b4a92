"""Charts of the app, drawn by itself: what is drawn (`plot`), how (`paint`), the widget (`view`), files (`files`)."""
