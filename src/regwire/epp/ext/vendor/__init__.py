"""Extensions that single registries define, for clients that meet them: one file each."""
