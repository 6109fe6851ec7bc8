"""The real servers for development and tests, on free ports of the loopback, without Docker.

`python -m infra.dev up` runs them in the foreground; tests share them by `infra.dev.shared`.
"""
