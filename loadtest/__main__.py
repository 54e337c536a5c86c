"""`python -m loadtest compare | report | setup | bench ...`"""

from __future__ import annotations

import sys

from loadtest import bench, compare, report

_USAGE = """usage: python -m loadtest COMMAND [--help] ...
  compare   vard_http and etcd side by side; python -m loadtest.compare
  report    make a comparison's report again; python -m loadtest.report
  setup     write the keys of vard's own bench
  bench     run vard's own bench; python -m loadtest.bench
Locust's users: locust -f loadtest/locustfile.py --host http://127.0.0.1:2379"""


def main() -> int:
    match sys.argv[1:]:
        case ["compare", *rest]:
            return compare.main(rest)
        case ["report", *rest]:
            return report.main(rest)
        case ["setup" | "bench", *_] as arguments:
            return bench.main(arguments)
        case ["-h" | "--help"]:
            print(_USAGE)
            return 0
        case _:
            print(_USAGE, file=sys.stderr)
            return 2


if __name__ == "__main__":
    sys.exit(main())
