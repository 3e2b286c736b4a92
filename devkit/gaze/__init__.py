"""Looking, whoever says so: shares of looking, coding by hand, agreement of coders, files of gaze from elsewhere."""
