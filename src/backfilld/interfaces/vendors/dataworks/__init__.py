"""DataWorks' public API of 2024-05-18, as its clients speak it: fields read, answers rendered, signatures checked."""
