"""``python -m benchmarks [name…]``: run the benchmarks, each a module of this folder with ``run() -> Sequence[Figure]``."""

import argparse
import importlib
import pkgutil
import sys

import benchmarks
from benchmarks.results import record

_HELPERS = frozenset({"__main__", "results"})


def names() -> list[str]:
    """The benchmarks there are: modules that have ``run``."""
    found = (m.name for m in pkgutil.iter_modules(benchmarks.__path__) if m.name not in _HELPERS)
    return [name for name in sorted(found) if not name.startswith("_")]


def main() -> int:
    """Run those asked for, or all; a benchmark that cannot run says why and the others go on."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("name", nargs="*", help=f"any of: {', '.join(names())}")
    asked = parser.parse_args().name or names()
    unknown = sorted(set(asked) - set(names()))
    if unknown:
        parser.error(f"no benchmark named {', '.join(unknown)}")
    failed = 0
    for name in asked:
        try:
            figures = importlib.import_module(f"benchmarks.{name}").run()
        except (OSError, RuntimeError, ValueError) as error:
            print(f"{name}: not measured: {error}", file=sys.stderr)
            failed += 1
            continue
        record(name, figures)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
