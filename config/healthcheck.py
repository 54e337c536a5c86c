"""Ask a member whether it is healthy; status 0 if so. For images, which have no curl.

The URL is the first argument, else $HEALTH_URL, else that of the image's own metrics listener.
"""

from __future__ import annotations

import os
import sys
import urllib.error
import urllib.request

DEFAULT_URL = "http://127.0.0.1:2381/health"
TIMEOUT_SECONDS = 2.0


def main() -> int:
    url = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("HEALTH_URL", DEFAULT_URL)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=TIMEOUT_SECONDS) as answer:
            print(answer.read().decode())
    except urllib.error.HTTPError as error:
        print(f"{error.code} {error.read().decode()}")
        return 1
    except OSError as error:
        print(f"{url}: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
