"""Extensions of EPP, one file each: a file here is found by its ``EXTENSION`` record (`regwire.epp.extension`)."""
