"""Plays a recorded run on the reference, and says where the two part."""

from __future__ import annotations

from collections.abc import Callable

from tests.verification.reference.raft import (
    Handlers,
    Message,
    Outputs,
    Sent,
    State,
    Timeout,
    reboot,
)
from tests.verification.reference.trace import (
    STATE_FIELDS,
    Json,
    Trace,
    client_request,
    message,
    message_json,
    output_json,
    recorded_state,
)

Packet = tuple[int, int, Message]
"""Source, target, content."""


class Mismatch(AssertionError):
    """The recording and the reference differ: at which step, in what, expected and got."""


class Replay:
    """The cluster of one trace. `network` holds the packets under way by their numbers."""

    def __init__(
        self, trace: Trace, handlers: Callable[[int, tuple[int, ...]], Handlers] = Handlers
    ) -> None:
        self.trace = trace
        self.handlers = [handlers(node, trace.nodes) for node in trace.nodes]
        self.states = [State() for _ in trace.nodes]
        self.network: dict[int, Packet] = {}
        self._packets = 0
        self._where = trace.name
        for node, recorded in enumerate(trace.header["init"]):
            self._compare_state(recorded, self.states[node])

    def run(self) -> None:
        """Raises Mismatch."""
        for step in self.trace.steps:
            self.step(step)

    def step(self, step: Json) -> Outputs:
        """Play one step and compare all of it; returns what clients were told. Raises Mismatch."""
        self._where = f"{self.trace.name} step {step['step']}"
        node = step["node"]
        outputs, sent = self._play(step["event"], node)
        if node is None:
            self._compare("state", step["state"], None)
        else:
            self._compare_state(step["state"], self.states[node])
        self._compare("outputs", step["outputs"], [output_json(output) for output in outputs])
        self._compare("sent", step["sent"], [self._enter(node, *packet) for packet in sent])
        return outputs

    def _play(self, event: Json, node: int) -> tuple[Outputs, Sent]:
        outputs: Outputs = ()
        sent: Sent = ()
        match event["type"]:
            case "timeout":
                outputs, self.states[node], sent = self.handlers[node].raft_input_handler(
                    Timeout(), self.states[node]
                )
            case "client_request":
                outputs, self.states[node], sent = self.handlers[node].raft_input_handler(
                    client_request(event), self.states[node]
                )
            case "deliver":
                source, content = self._leave(event, node)
                outputs, self.states[node], sent = self.handlers[node].raft_net_handler(
                    source, content, self.states[node]
                )
            case "duplicate":
                self._compare("copy", event["copy"], self._packets)
                self.network[self._packets] = self.network[event["packet"]]
                self._packets += 1
            case "drop":
                del self.network[event["packet"]]
            case "reboot":
                self.states[node] = reboot(self.states[node])
            case unknown:
                raise ValueError(f"no event: {unknown}")
        return outputs, sent

    def _enter(self, source: int, target: int, content: Message) -> Json:
        number = self._packets
        self._packets += 1
        self.network[number] = source, target, content
        return {"packet": number, "src": source, "dst": target, "msg": message_json(content)}

    def _leave(self, event: Json, node: int) -> tuple[int, Message]:
        """The packet that is delivered, which must be the one that was sent."""
        self._compare("packet", event["packet"] in self.network, True)
        source, target, content = self.network.pop(event["packet"])
        self._compare("src", event["src"], source)
        self._compare("dst", (event["dst"], node), (target, target))
        self._compare("msg", message(event["msg"]), content)
        return source, content

    def _compare_state(self, recorded: Json, state: State) -> None:
        expected = recorded_state(recorded)
        self._compare("the fields of the state", list(expected), list(STATE_FIELDS))
        for field, encode in STATE_FIELDS.items():
            self._compare(field, expected[field], encode(state))

    def _compare(self, what: str, expected: Json, got: Json) -> None:
        if expected != got:
            raise Mismatch(f"{self._where}: {what}: expected {expected}, got {got}")
