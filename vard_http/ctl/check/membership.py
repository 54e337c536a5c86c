"""Rules about the list of members: names, ids, URLs, learners, versions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from vard_http.ctl.check.finding import Finding, Level
from vard_http.ctl.check.observed import Observed
from vard_http.ctl.observe.snapshot import Sample, Silence


def lists(seen: Observed) -> Iterator[Finding]:
    """All members list the same members, of the same cluster."""
    name = seen.after.name
    ids = Counter(one.cluster_id for one in seen.listings.values() if one.cluster_id)
    views = Counter(one.members for one in seen.listings.values())
    if not views:
        return
    usual_id = ids.most_common(1)[0][0] if ids else ""
    usual = views.most_common(1)[0][0]
    agreed = True
    for id, listing in seen.listings.items():
        if listing.cluster_id and listing.cluster_id != usual_id:
            text = f"it belongs to the cluster {listing.cluster_id}, others to {usual_id}"
            advice = "Take it out of --endpoints, or give it an empty data directory to join anew."
        elif listing.members != usual:
            text = "it lists other members than the others do"
            advice = "Repeat the check: it may lag. If that stays, remove it and add it anew."
        else:
            continue
        agreed = False
        level = Level.FAIL if listing.cluster_id != usual_id else Level.WARN
        yield Finding(level, "members", text, advice, name(id))
    names = Counter(one.name for one in usual if one.name)
    for twice in [one for one, count in names.items() if count > 1]:
        agreed = False
        text = f"{names[twice]} members have the name {twice}"
        yield Finding(Level.WARN, "members", text, "Start each with a --name of its own.")
    if agreed:
        yield Finding(Level.OK, "members", f"all list the same {len(usual)}")


def urls(seen: Observed) -> Iterator[Finding]:
    """Each advertised client URL leads to its member."""
    name, wrong = seen.after.name, 0
    for member in seen.after.members:
        answering = seen.after.sample(member.id)
        for url in member.client_urls:
            answer = seen.urls.get(url)
            if isinstance(answer, Sample) and answer.figures.id != member.id:
                wrong += 1
                other = name(answer.figures.id) or "something else"
                text = f"it advertises {url}, where {other} answers"
                advice = "Correct its --advertise-client-urls and start it again."
                yield Finding(Level.FAIL, "urls", text, advice, name(member.id))
            elif isinstance(answer, Silence) and answering is not None:
                wrong += 1
                text = f"it advertises {url}, which gives no answer here: {answer.reason}"
                advice = (
                    f"Clients that follow the list miss it (it answers at {answering.address}):"
                    " correct --advertise-client-urls, or the network."
                )
                yield Finding(Level.WARN, "urls", text, advice, name(member.id))
    for endpoint in seen.endpoints:
        answer = seen.urls.get(endpoint)
        if isinstance(answer, Sample) and answer.figures.id not in seen.after.answers:
            wrong += 1
            text = f"{endpoint} answers, but is no member"
            advice = "Take it out of --endpoints, unless it is a proxy."
            yield Finding(Level.WARN, "urls", text, advice)
    if seen.after.samples() and not wrong:
        yield Finding(Level.OK, "urls", "those advertised lead to those who answer")


def learners(seen: Observed) -> Iterator[Finding]:
    """Nobody stays a learner."""
    for id, one in seen.after.samples().items():
        if one.figures.role == "learner":
            text = "it is a learner and does not vote"
            advice = "Wait until it has caught up; if it stays one, look at its log."
            yield Finding(Level.WARN, "members", text, advice, seen.after.name(id))


def versions(seen: Observed) -> Iterator[Finding]:
    """All run the same version."""
    programs = {
        id: one.figures.version for id, one in seen.after.samples().items() if one.figures.version
    }
    told = {id: one.server for id, one in seen.versions.items()}
    running = {id: programs.get(id) or f"etcd {told[id]}" for id in {*programs, *told}}
    if not running:
        return
    if len(set(running.values())) > 1:
        mix = ", ".join(sorted(f"{seen.after.name(id)} {what}" for id, what in running.items()))
        advice = "Finish the upgrade: bring all members to the newest version, one by one."
        yield Finding(Level.WARN, "version", f"they differ: {mix}", advice)
    else:
        clusters = {one.cluster for one in seen.versions.values()}
        cluster = f", cluster version {', '.join(sorted(clusters))}" if clusters else ""
        yield Finding(Level.OK, "version", f"all run {next(iter(running.values()))}{cluster}")
