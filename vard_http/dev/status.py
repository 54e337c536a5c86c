"""The state of the cluster in lines of text. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from vard_http.dev.plan import Endpoint, Plan
from vard_http.dev.tally import Outage, Tally
from vard_http.dev.view import ClusterView, Elected, Lost, Process


def names(numbers: Iterable[int]) -> str:
    """`node1, node3`."""
    return ", ".join(f"node{number}" for number in numbers)


def summary(view: ClusterView) -> str:
    """Whether the cluster is ready, who leads, and what is wrong with whom."""
    if view.ready:
        state = "ready"
    elif view.leader is None:
        state = "NO LEADER"
    else:
        state = f"{len(view.healthy())} of {len(view.nodes)} healthy"
    parts = [state]
    if view.leader is not None:
        number, term = view.leader
        parts.append(f"leader node{number}, term {term}, commit index {view.commit_index}")
    for what, which in (
        ("down", view.down()),
        ("paused", view.paused()),
        ("partitioned", view.partitioned()),
    ):
        if which:
            parts.append(f"{what}: {names(which)}")
    return "; ".join(parts)


def row(view: ClusterView, endpoint: Endpoint) -> str:
    """What is known of one node, in columns, for 80 columns with what comes before it."""
    node = view.nodes[endpoint.number]
    sight = node.sight
    if node.process is not Process.RUNNING:
        role = node.process.value
    elif sight is None:
        role = "starting"
    else:
        role = "leader" if sight.leads else "follower"
    where = f"term {sight.term:<4} commit {sight.commit_index:<8}" if sight else " " * 24
    cut = view.matrix.cut_from(endpoint.number)
    if cut:
        note = "cut from " + " ".join(map(str, cut))
    elif node.process is Process.RUNNING:
        note = "healthy" if node.healthy else "not healthy"
    else:
        note = ""
    return f"{endpoint.name} {role:<8} {where} {note:<12} {endpoint.client_url}"


def writing(tally: Tally, now: float) -> str:
    """What the writer's writes came to."""
    silence = f", none for {tally.silence(now):.1f} s" if tally.silence(now) > 1 else ""
    return (
        f"writer: {tally.acknowledged} acknowledged, {tally.failed} failed,"
        f" longest gap {tally.longest * 1000:.0f} ms{silence}"
    )


def change(news: Elected | Lost) -> str:
    """What became of the leadership."""
    if isinstance(news, Lost):
        return f"no leader: node{news.old} leads no more (term {news.term})"
    if news.old is None:
        return f"leader node{news.new}, term {news.term}"
    return (
        f"leader node{news.old} -> node{news.new}, term {news.term},"
        f" {news.without or 0:.2f} s without one"
    )


def outage(over: Outage) -> str:
    """What the writer noticed."""
    return (
        f"writes are acknowledged again, after a gap of {over.seconds * 1000:.0f} ms"
        f" in which {over.failed} failed"
    )


def welcome(plan: Plan, processes: Mapping[int, int]) -> list[str]:
    """That the cluster is ready, and what to copy. `processes` are the ids of the processes."""
    urls = [endpoint.client_url for endpoint in plan.endpoints]
    hosts = [url.removeprefix("http://") for url in urls]
    return [
        "Ready:",
        *(f"  {e.name}  {e.client_url}  process {processes[e.number]}" for e in plan.endpoints),
        f"Look at it in a browser: {urls[0]}/ui",
        "Try it:",
        f"  curl -X PUT {urls[0]}/v2/keys/message -d value=hello",
        f"  export ETCDCTL_API=2 ETCDCTL_ENDPOINTS={','.join(urls)}",
        f"  export VARD_CLUSTER={','.join(hosts)}",
        f"  vard's own clients: {','.join(f'127.0.0.1:{e.vard_port}' for e in plan.endpoints)}",
    ]
