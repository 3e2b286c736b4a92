"""Any image-text model in transformers' layout as a respondent: `respondent` asks, `reader` reads, `load` loads."""
