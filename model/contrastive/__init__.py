"""The second learner: contrastive training from scratch on the same data, with OpenCLIP's own training parts."""
