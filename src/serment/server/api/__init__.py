"""HTTP: translate, authenticate, call one use case."""
