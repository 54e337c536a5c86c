"""Endpoints in DNS: the SRV records `_etcd-client-ssl._tcp` and `_etcd-client._tcp` of a domain."""

from __future__ import annotations

import dns.exception
import dns.resolver

from vard_http.ctl.console import complain
from vard_http.ctl.failures import Exit, Failed
from vard_http.ctl.options import Options
from vard_http.govalues import quote


def discovered(options: Options) -> tuple[str, ...]:
    """The client URLs of `options.discovery_srv`; only those with TLS unless plain ones will do.

    Raises Failed if neither service is there.
    """
    suffix = f"-{options.discovery_srv_name}" if options.discovery_srv_name else ""
    found: list[str] = []
    failures: list[str] = []
    for service, scheme in (("etcd-client-ssl", "https"), ("etcd-client", "http")):
        try:
            targets = _targets(f"_{service}{suffix}._tcp.{options.discovery_srv}")
        except dns.exception.DNSException as error:
            failures.append(str(error))
        else:
            found += [f"{scheme}://{target}" for target in targets]
    if len(failures) == 2:
        raise Failed(Exit.BAD_ARGUMENTS, f"dns lookup errors: {failures[0]} and {failures[1]}")
    return tuple(url for url in found if options.insecure_discovery or _is_secure(url))


def _targets(name: str) -> list[str]:
    records = sorted(
        dns.resolver.resolve(name, "SRV"), key=lambda record: (record.priority, -record.weight)
    )
    return [f"{str(record.target).removesuffix('.')}:{record.port}" for record in records]


def _is_secure(url: str) -> bool:
    if url.startswith("https:"):
        return True
    complain(f"ignoring discovered insecure endpoint {quote(url)}")
    return False
