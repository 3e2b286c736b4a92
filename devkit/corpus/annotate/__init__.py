"""Boxes with nouns from elsewhere: files of annotation tools, proposals of detectors, and the review by people."""
