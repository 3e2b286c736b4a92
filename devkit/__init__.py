"""The library under the bench: trial format, ten tasks, banks, corpus pipeline, lab store, exports, command line."""
