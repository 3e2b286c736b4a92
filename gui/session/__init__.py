"""A session with a person as the app runs it: preparing it, running it beside the window, and the examiner's view."""
