"""The settings that act, each stated once: the fields of Config.

The defaults are etcd 3.4's (contract 16.2) except for three: `enable-v2`, because this server
exists for the v2 API; `pre-vote`, as etcd itself has it since 3.5; and `max-request-bytes`, which
etcd does not apply to v2, so that its own default would refuse what etcd takes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields

from vard_http.config.cipher_suites import parse_cipher_suites
from vard_http.config.kinds import (
    BOOL,
    CLUSTER,
    HOSTS,
    ORIGINS,
    SIGNED,
    TEXT,
    UNSIGNED,
    URLS,
    VARD_URLS,
    WORDS,
    Kind,
    choice,
)
from vard_http.config.setting import Group, setting, settings_of

MAX_FORM_BYTES = 10 << 20
"""What etcd allows the form of a v2 request to be."""

MAX_ELECTION_TIMEOUT = 50_000
"""Milliseconds; etcd refuses longer election timeouts."""

_MEMBER, _CLUSTERING, _SECURITY = Group.MEMBER, Group.CLUSTERING, Group.SECURITY
_MONITORING, _LOGGING, _PROXY = Group.MONITORING, Group.LOGGING, Group.PROXY
_CIPHERS = Kind(
    parse_cipher_suites, "a comma-separated list of Go's cipher suite names", (str, list)
)
_BOUND = "the host is an IP or localhost, and there is no path"
_BINDABLE = f"{URLS.allowed}; {_BOUND}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The configuration of one member; made by `load`, which checks it.

    Times are whole milliseconds. URL lists are sorted and have the form `scheme://host:port`.
    `initial_cluster` maps names to peer URLs in the order given; it is empty with discovery.
    """

    name: str = setting(_MEMBER, TEXT, "default", "Human-readable name for this member.")
    data_dir: str = setting(
        _MEMBER, TEXT, "${name}.vard", "Path to the data directory (etcd: ${name}.etcd)."
    )
    snapshot_count: int = setting(
        _MEMBER,
        UNSIGNED,
        "100000",
        "Number of committed transactions to trigger a snapshot to disk (0: 100000).",
    )
    quota_backend_bytes: int = setting(
        _MEMBER,
        SIGNED,
        "0",
        "Refuse writes beyond so many bytes of stored data (0: no limit; etcd: v3 only).",
    )
    max_request_bytes: int = setting(
        _MEMBER,
        UNSIGNED,
        str(MAX_FORM_BYTES),
        "Largest form that a request may bring (etcd: 1572864, but not for v2).",
        allowed=f"a whole number of bytes up to {MAX_FORM_BYTES}; more has no effect",
    )
    max_connections: int = setting(
        _MEMBER,
        UNSIGNED,
        "0",
        "Client connections at a time (0: what the limit of open files allows; not in etcd).",
    )
    max_watchers: int = setting(
        _MEMBER, UNSIGNED, "0", "Watches that may wait at a time (0: any number; not in etcd)."
    )
    heartbeat_interval: int = setting(
        _MEMBER,
        UNSIGNED,
        "100",
        "Time (in milliseconds) of a heartbeat interval.",
        allowed="a whole number of milliseconds above 0, at most a fifth of election-timeout",
    )
    election_timeout: int = setting(
        _MEMBER,
        UNSIGNED,
        "1000",
        "Time (in milliseconds) for an election to timeout.",
        allowed="a whole number of milliseconds,"
        f" at least 5 times heartbeat-interval and at most {MAX_ELECTION_TIMEOUT}",
    )
    initial_election_tick_advance: bool = setting(
        _MEMBER,
        BOOL,
        "true",
        "Whether to fast-forward initial election ticks on boot for faster election.",
    )
    listen_peer_urls: tuple[str, ...] = setting(
        _MEMBER,
        URLS,
        "http://localhost:2380",
        "List of URLs to listen on for peer traffic (IP or localhost).",
        allowed=_BINDABLE,
    )
    listen_client_urls: tuple[str, ...] = setting(
        _MEMBER,
        URLS,
        "http://localhost:2379",
        "List of URLs to listen on for client traffic (IP or localhost).",
        allowed=_BINDABLE,
    )
    listen_vard_urls: tuple[str, ...] = setting(
        _MEMBER,
        VARD_URLS,
        "",
        "List of tcp:// and tls:// URLs to listen on for vard's clients (not in etcd).",
        allowed=f"{VARD_URLS.allowed}; {_BOUND}",
    )

    initial_advertise_peer_urls: tuple[str, ...] = setting(
        _CLUSTERING,
        URLS,
        "http://localhost:2380",
        "List of this member's peer URLs to advertise to the rest of the cluster.",
    )
    initial_cluster: Mapping[str, tuple[str, ...]] = setting(
        _CLUSTERING,
        CLUSTER,
        "default=http://localhost:2380",
        "Initial cluster configuration for bootstrapping. The default follows --name.",
        late=True,
    )
    initial_cluster_state: str = setting(
        _CLUSTERING,
        choice("new", "existing"),
        "new",
        "Initial cluster state ('new' or 'existing').",
    )
    initial_cluster_token: str = setting(
        _CLUSTERING,
        TEXT,
        "etcd-cluster",
        "Token that keeps clusters apart: it goes into member and cluster ids.",
    )
    advertise_client_urls: tuple[str, ...] = setting(
        _CLUSTERING,
        URLS,
        "http://localhost:2379",
        "List of this member's client URLs to advertise to the public.",
    )
    discovery: str = setting(
        _CLUSTERING,
        TEXT,
        "",
        "Discovery URL used to bootstrap the cluster.",
    )
    discovery_fallback: str = setting(
        _CLUSTERING,
        choice("proxy", "exit"),
        "proxy",
        "What to do ('exit' or 'proxy') when the discovered cluster is full.",
    )
    discovery_proxy: str = setting(
        _CLUSTERING, TEXT, "", "HTTP proxy to use for traffic to the discovery service."
    )
    discovery_srv: str = setting(
        _CLUSTERING,
        TEXT,
        "",
        "DNS SRV domain used to bootstrap the cluster.",
    )
    discovery_srv_name: str = setting(
        _CLUSTERING,
        TEXT,
        "",
        "Suffix to the DNS SRV name queried when bootstrapping.",
    )
    strict_reconfig_check: bool = setting(
        _CLUSTERING,
        BOOL,
        "true",
        "Reject reconfiguration requests that would cause quorum loss.",
    )
    pre_vote: bool = setting(
        _CLUSTERING, BOOL, "true", "Run an additional Raft election phase (etcd 3.4: false)."
    )
    enable_v2: bool = setting(
        _CLUSTERING,
        BOOL,
        "true",
        "Accept etcd v2 client requests (etcd 3.4: false; this server exists for v2)."
        " With false, all paths below /v2 are 404.",
    )
    enable_ui: bool = setting(
        _CLUSTERING,
        BOOL,
        "true",
        "Serve the page that shows the cluster, at /ui (not in etcd). With false, /ui is 404.",
    )

    cert_file: str = setting(_SECURITY, TEXT, "", "Path to the client server TLS cert file.")
    key_file: str = setting(_SECURITY, TEXT, "", "Path to the client server TLS key file.")
    client_cert_auth: bool = setting(_SECURITY, BOOL, "false", "Enable client cert authentication.")
    client_crl_file: str = setting(
        _SECURITY,
        TEXT,
        "",
        "Path to the client certificate revocation list file.",
    )
    client_cert_allowed_hostname: str = setting(
        _SECURITY, TEXT, "", "Allowed TLS hostname for client cert authentication."
    )
    trusted_ca_file: str = setting(
        _SECURITY, TEXT, "", "Path to the client server TLS trusted CA cert file."
    )
    auto_tls: bool = setting(_SECURITY, BOOL, "false", "Client TLS using generated certificates.")
    peer_cert_file: str = setting(_SECURITY, TEXT, "", "Path to the peer server TLS cert file.")
    peer_key_file: str = setting(_SECURITY, TEXT, "", "Path to the peer server TLS key file.")
    peer_client_cert_auth: bool = setting(
        _SECURITY, BOOL, "false", "Enable peer client cert authentication."
    )
    peer_trusted_ca_file: str = setting(
        _SECURITY, TEXT, "", "Path to the peer server TLS trusted CA file."
    )
    peer_cert_allowed_cn: str = setting(
        _SECURITY,
        TEXT,
        "",
        "Required CN for client certs connecting to the peer endpoint.",
    )
    peer_cert_allowed_hostname: str = setting(
        _SECURITY,
        TEXT,
        "",
        "Allowed TLS hostname for inter peer authentication.",
    )
    peer_auto_tls: bool = setting(
        _SECURITY, BOOL, "false", "Peer TLS using generated certificates."
    )
    peer_crl_file: str = setting(
        _SECURITY,
        TEXT,
        "",
        "Path to the peer certificate revocation list file.",
    )
    experimental_peer_skip_client_san_verification: bool = setting(
        _SECURITY,
        BOOL,
        "false",
        "Skip verification of SAN field in client certificate for peer connections.",
    )
    cipher_suites: tuple[str, ...] = setting(
        _SECURITY,
        _CIPHERS,
        "",
        "Comma-separated list of TLS cipher suites (empty: the library's choice).",
        late=True,
    )
    cors: tuple[str, ...] = setting(
        _SECURITY, ORIGINS, "*", "Comma-separated whitelist of origins for CORS (*: allow all)."
    )
    host_whitelist: tuple[str, ...] = setting(
        _SECURITY,
        HOSTS,
        "*",
        "Acceptable Host headers of plain-HTTP client requests (empty or *: allow all).",
    )

    listen_metrics_urls: tuple[str, ...] = setting(
        _MONITORING,
        URLS,
        "",
        "List of URLs to listen on for /metrics and /health only.",
        allowed=_BINDABLE,
    )

    logger: str = setting(
        _LOGGING,
        choice("capnslog", "zap", otherwise='unknown logger option "{}"'),
        "capnslog",
        "'zap' for JSON lines or 'capnslog' for plain ones.",
        late=True,
    )
    log_outputs: tuple[str, ...] = setting(
        _LOGGING,
        WORDS,
        "default",
        "'default' (stderr), 'stderr' or 'stdout'; with zap, a list that may hold paths.",
        allowed='"default", "stderr" or "stdout"; with --logger=zap also a list with file paths',
    )
    log_level: str = setting(
        _LOGGING,
        choice(
            *("debug", "info", "warn", "error", "dpanic", "panic", "fatal"),
            otherwise='unknown level "{}"',
        ),
        "info",
        "Lowest level to log: debug, info, warn, error, dpanic, panic or fatal.",
        late=True,
        exit_code=2,
    )
    debug: bool = setting(
        _LOGGING, BOOL, "false", "Log at debug level (etcd prefers --log-level=debug)."
    )

    proxy: str = setting(
        _PROXY,
        choice("off", "readonly", "on"),
        "off",
        "Proxy mode setting ('off', 'readonly' or 'on').",
    )
    proxy_failure_wait: int = setting(
        _PROXY,
        UNSIGNED,
        "5000",
        "Time (in milliseconds) an endpoint will be held in a failed state.",
    )
    proxy_refresh_interval: int = setting(
        _PROXY, UNSIGNED, "30000", "Time (in milliseconds) of the endpoints refresh interval."
    )
    proxy_dial_timeout: int = setting(
        _PROXY, UNSIGNED, "1000", "Time (in milliseconds) for a dial to timeout."
    )
    proxy_write_timeout: int = setting(
        _PROXY, UNSIGNED, "5000", "Time (in milliseconds) for a write to timeout."
    )
    proxy_read_timeout: int = setting(
        _PROXY, UNSIGNED, "0", "Time (in milliseconds) for a read to timeout."
    )

    force_new_cluster: bool = setting(
        Group.UNSAFE,
        BOOL,
        "false",
        "Force to create a new one-member cluster that keeps the data.",
    )

    warnings: tuple[str, ...] = ()
    """What the operator should read before the server starts; one line each."""


ACTIVE = settings_of(fields(Config))
"""The rows of the table that Config carries."""
