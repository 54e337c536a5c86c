"""The rules between settings that etcd checks before it touches its data (contract 16.2, 16.3)."""

from collections.abc import Callable, Iterator, Mapping

from vard_http.config.errors import ConfigError, failed_verification
from vard_http.config.given import Given
from vard_http.config.model import MAX_ELECTION_TIMEOUT, Config
from vard_http.config.table import ETCD_SETTINGS
from vard_http.config.tls_rules import missing_certificate, tls_warnings
from vard_http.config.urls import address_of, check_advertised_url, check_bind_url
from vard_http.govalues import quote

_PLAIN_OUTPUTS = ("default", "stderr", "stdout")

Refuse = Callable[..., ConfigError]


def validate(config: Config, given: Mapping[str, Given]) -> None:
    """Raises ConfigError for the first broken rule, in etcd's order."""

    def refuse(reason: str, *names: str) -> ConfigError:
        details = "; ".join(_origin(name, given) for name in names)
        return failed_verification(f"{reason} ({details})")

    _check_log_outputs(config, refuse)
    _check_urls(config, refuse)
    _check_bootstrap_choice(config, refuse)
    _check_times(config, refuse)
    _check_advertised(config, refuse)
    _check_lease_checkpoint(given, refuse)
    _check_certificates(config, refuse)


def may_be_proxy(config: Config) -> bool:
    """Whether this process may run as a proxy, which advertises nothing."""
    return config.proxy != "off" or (
        bool(config.discovery) and config.discovery_fallback == "proxy"
    )


def advice(config: Config) -> Iterator[str]:
    """Warnings about settings that are right but hardly meant."""
    yield from tls_warnings(config)
    if config.listen_vard_urls and config.proxy != "off":
        yield "a proxy does not speak vard's protocol: --listen-vard-urls has no effect on it"
    yield from _unreachable(
        config.listen_peer_urls, config.initial_advertise_peer_urls, "initial-advertise-peer-urls"
    )
    yield from _unreachable(
        config.listen_client_urls, config.advertise_client_urls, "advertise-client-urls"
    )


def _unreachable(
    listened: tuple[str, ...], advertised: tuple[str, ...], name: str
) -> Iterator[str]:
    everywhere = any(address_of(url).startswith(("0.0.0.0:", "[::]:")) for url in listened)
    if everywhere and all(address_of(url).startswith("localhost:") for url in advertised):
        yield (
            f"listening on all addresses but --{name} is {','.join(advertised)}:"
            " other machines cannot use it"
        )


def _origin(name: str, given: Mapping[str, Given]) -> str:
    setting = ETCD_SETTINGS[name]
    if name in given:
        return f"{given[name].where} is {quote(given[name].text)}; {setting.takes}"
    return f"{name} is {quote(setting.default)} by default"


def _check_log_outputs(config: Config, refuse: Refuse) -> None:
    outputs = config.log_outputs
    if config.logger == "zap":
        if len(outputs) > 1 and "default" in outputs:
            raise refuse('multi logoutput for "default" is not supported yet', "log-outputs")
        return
    if len(outputs) > 1:
        shown = " ".join(map(quote, outputs))
        raise refuse(
            f"--logger=capnslog supports only 1 value in '--log-outputs', got [{shown}]",
            "log-outputs",
        )
    output = "".join(outputs)
    if output not in _PLAIN_OUTPUTS:
        known = ", ".join(map(quote, _PLAIN_OUTPUTS))
        raise refuse(f"unknown log-output {quote(output)} (only supports {known})", "log-outputs")


def _check_urls(config: Config, refuse: Refuse) -> None:
    for name, urls in (
        ("listen-peer-urls", config.listen_peer_urls),
        ("listen-client-urls", config.listen_client_urls),
        ("listen-metrics-urls", config.listen_metrics_urls),
        ("listen-vard-urls", config.listen_vard_urls),
    ):
        for url in urls:
            try:
                check_bind_url(url)
            except ValueError as error:
                raise refuse(str(error), name) from None
    for name, urls in (
        ("initial-advertise-peer-urls", config.initial_advertise_peer_urls),
        ("advertise-client-urls", config.advertise_client_urls),
    ):
        for url in urls:
            try:
                check_advertised_url(url)
            except ValueError as error:
                shown = quote(",".join(urls))
                raise refuse(f'--{name} {shown} must be "host:port" ({error})', name) from None


def _check_bootstrap_choice(config: Config, refuse: Refuse) -> None:
    ways = {
        "initial-cluster": config.initial_cluster,
        "discovery": config.discovery,
        "discovery-srv": config.discovery_srv,
    }
    chosen = [name for name, value in ways.items() if value]
    if len(chosen) > 1:
        raise refuse(
            "multiple discovery or bootstrap flags are set."
            ' Choose one of "initial-cluster", "discovery" or "discovery-srv"',
            *chosen,
        )


def _check_times(config: Config, refuse: Refuse) -> None:
    heartbeat, election = config.heartbeat_interval, config.election_timeout
    if heartbeat == 0:
        raise refuse("--heartbeat-interval must be >0 (set to 0ms)", "heartbeat-interval")
    if election == 0:
        raise refuse("--election-timeout must be >0 (set to 0ms)", "election-timeout")
    if 5 * heartbeat > election:
        raise refuse(
            f"--election-timeout[{election}ms] should be at least as 5 times as"
            f" --heartbeat-interval[{heartbeat}ms]",
            "election-timeout",
            "heartbeat-interval",
        )
    if election > MAX_ELECTION_TIMEOUT:
        raise refuse(
            f"--election-timeout[{election}ms] is too long, and should be set less than"
            f" {MAX_ELECTION_TIMEOUT}ms",
            "election-timeout",
        )


def _check_advertised(config: Config, refuse: Refuse) -> None:
    if not config.advertise_client_urls and not may_be_proxy(config):
        raise refuse(
            "--advertise-client-urls is required when --listen-client-urls is set explicitly",
            "listen-client-urls",
        )


def _check_lease_checkpoint(given: Mapping[str, Given], refuse: Refuse) -> None:
    name = "experimental-enable-lease-checkpoint"
    parse = ETCD_SETTINGS[name].kind.parse
    wanted = {one: one in given and parse(given[one].text) for one in (name, f"{name}-persist")}
    if wanted[f"{name}-persist"] and not wanted[name]:
        raise refuse(f"setting {name}-persist requires {name}", f"{name}-persist", name)


def _check_certificates(config: Config, refuse: Refuse) -> None:
    if missing := missing_certificate(config):
        raise refuse(*missing)
