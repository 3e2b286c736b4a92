"""What each stage of training reads, as functions of seed and index, so that training resumes anywhere."""
