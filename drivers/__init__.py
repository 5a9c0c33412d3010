"""Hardware and outside services; imports `edge.domain` and nothing else of ours."""
