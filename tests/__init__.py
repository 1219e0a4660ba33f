"""The tests; a package, because a dependency installs another of this name."""
