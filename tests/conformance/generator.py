"""Random steps, reproducible from a seed and the answers so far."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import quote_plus

from tests.conformance import vocabulary as words
from tests.conformance.knowledge import Knowledge
from tests.conformance.malformed import BROKEN, UNUSUAL
from tests.conformance.steps import Alone, Ask, Broken, Expecting, Expire, OpenWatch, Step
from tests.harness.wire import FORM, request_bytes

PREFIX = b"/v2/keys"
GUARD = b"~guard"

Parameter = tuple[bytes, bytes]


@dataclass
class Draft:
    """A key request before it becomes bytes."""

    category: str
    method: str
    key: bytes
    query: list[Parameter] = field(default_factory=list)
    form: list[Parameter] | None = None
    content_type: str = FORM
    chunked: bool = False
    raw_form: bytes | None = None


class Generator:
    """Draws steps with fixed weights. `knowledge` is updated by the runner."""

    def __init__(self, seed: int, knowledge: Knowledge, skip: frozenset[str] = frozenset()) -> None:
        self.random = random.Random(seed)
        self.knowledge = knowledge
        table: list[tuple[int, str, Callable[[str], Step]]] = [
            (220, "set", self._set),
            (50, "create", self._create),
            (60, "update", self._update),
            (90, "cas", self._compare_and_swap),
            (60, "mkdir", self._make_directory),
            (60, "post", self._post),
            (30, "refresh", self._refresh),
            (160, "get", self._get),
            (35, "head", self._head),
            (60, "delete", self._delete),
            (50, "delete-directory", self._delete_directory),
            (50, "cad", self._compare_and_delete),
            (50, "watch", self._watch),
            (45, "bad-parameter", self._bad_parameter),
            (20, "bad-form", self._bad_form),
            (30, "content-type", self._content_type),
            (25, "duplicates", self._duplicates),
            (20, "large", self._large),
            (35, "odd-target", self._odd_target),
            (15, "odd-method", self._odd_method),
            (20, "unusual", self._unusual),
            (20, "broken", self._broken),
            (8, "expect", self._expect),
            (10, "pipeline", self._pipeline),
            (7, "expire", self._expire),
        ]
        self._makers = [(name, make) for _, name, make in table if name not in skip]
        self._weights = [weight for weight, name, _ in table if name not in skip]

    def next(self) -> Step:
        (name, make) = self.random.choices(self._makers, self._weights)[0]
        return make(name)

    # Keys and parameters.

    def key(self) -> bytes:
        """A key as written in the target: mostly one that exists, or near one."""
        known = list(self.knowledge.nodes)
        draw = self.random.random()
        if known and draw < 0.5:
            return self.random.choice(known)
        if known and draw < 0.58:
            return self.random.choice(known) + b"/" + self.name()
        if known and draw < 0.66:
            return self.random.choice(known).rpartition(b"/")[0]
        if draw < 0.67:
            return self.random.choice((b"", b"/"))
        depth = self.random.choices((1, 2, 3, 4), (4, 4, 2, 1))[0]
        return b"".join(b"/" + self.name() for _ in range(depth))

    def name(self) -> bytes:
        """One path segment as written in the target."""
        draw = self.random.random()
        if draw < 0.75:
            return self.random.choice(words.COMMON_NAMES)
        if draw < 0.85:
            return self.random.choice(words.HIDDEN_NAMES)
        return self.random.choice(words.ODD_NAMES)

    def value(self) -> bytes:
        draw = self.random.random()
        if draw < 0.05:
            return b""
        if draw < 0.6:
            return self.random.choice(words.VALUES[:5])
        return self.random.choice(words.VALUES)

    def _boolean(self, name: bytes, share: float, wrong: float = 0.1) -> list[Parameter]:
        """`name=true` in that share of the cases, now and then `name=false`."""
        draw = self.random.random()
        if draw < share:
            return [(name, self.random.choice(words.TRUE_WORDS))]
        if draw < share + wrong * (1 - share):
            return [(name, self.random.choice(words.FALSE_WORDS))]
        return []

    def _common(self) -> list[Parameter]:
        """Parameters that go with any successful write."""
        parameters = self._boolean(b"noValueOnSuccess", 0.06, 0.03)
        if self.random.random() < 0.12:
            parameters.append((b"ttl", self.random.choice((*words.LONG_TTLS, b""))))
        return parameters

    def _comparisons(self, key: bytes) -> list[Parameter]:
        """prevValue, prevIndex or both, right more often than not."""
        which = self.random.choices(("value", "index", "both"), (5, 4, 3))[0]
        parameters = []
        if which != "index":
            parameters.append((b"prevValue", self._previous_value(key)))
        if which != "value":
            parameters.append((b"prevIndex", self._previous_index(key)))
        return parameters

    def _previous_value(self, key: bytes) -> bytes:
        known = self.knowledge.nodes.get(key)
        if known is not None and known.value and self.random.random() < 0.7:
            return known.value
        return self.value() or b"x"

    def _previous_index(self, key: bytes) -> bytes:
        known = self.knowledge.nodes.get(key)
        if known is not None and self.random.random() < 0.7:
            return b"%d" % known.modified_index
        wrong = (0, 1, self.knowledge.index, self.knowledge.index + 1, 2**64 - 1)
        return b"%d" % self.random.choice(wrong)

    # Operations on keys.

    def _write(self, category: str, method: str, parameters: list[Parameter]) -> Draft:
        """The parameters of a write, spread over query and form."""
        return self._spread(Draft(category, method, self.key()), parameters)

    def _spread(self, draft: Draft, parameters: list[Parameter]) -> Draft:
        self.random.shuffle(parameters)
        everywhere = self.random.choices(("form", "query", "both"), (5, 2, 2))[0]
        draft.form = []
        for parameter in parameters:
            into_form = everywhere == "form" or (
                everywhere == "both" and self.random.random() < 0.5
            )
            (draft.form if into_form else draft.query).append(parameter)
        draft.chunked = self.random.random() < 0.04
        return draft

    def _set(self, category: str) -> Step:
        value = [(b"value", self.value())] if self.random.random() < 0.93 else []
        return self._ask(self._write(category, "PUT", [*value, *self._common()]))

    def _create(self, category: str) -> Step:
        parameters = [(b"prevExist", self.random.choice(words.FALSE_WORDS))]
        parameters += [(b"value", self.value()), *self._common(), *self._boolean(b"dir", 0.1)]
        if self.random.random() < 0.1:
            parameters += self._comparisons(b"")
        return self._ask(self._write(category, "PUT", parameters))

    def _update(self, category: str) -> Step:
        parameters = [(b"prevExist", self.random.choice(words.TRUE_WORDS)), *self._common()]
        if self.random.random() < 0.8:
            parameters.append((b"value", self.value()))
        return self._ask(self._write(category, "PUT", [*parameters, *self._boolean(b"dir", 0.1)]))

    def _compare_and_swap(self, category: str) -> Step:
        draft = Draft(category, "PUT", self.key())
        parameters = [*self._comparisons(draft.key), *self._common()]
        parameters += [(b"value", self.value())] if self.random.random() < 0.9 else []
        parameters += self._boolean(b"prevExist", 0.15, 0.03) + self._boolean(b"dir", 0.05)
        return self._ask(self._spread(draft, parameters))

    def _make_directory(self, category: str) -> Step:
        parameters = [(b"dir", self.random.choice(words.TRUE_WORDS)), *self._common()]
        parameters += self._boolean(b"prevExist", 0.2, 0.3)
        if self.random.random() < 0.1:
            parameters.append((b"value", self.value()))
        return self._ask(self._write(category, "PUT", parameters))

    def _post(self, category: str) -> Step:
        parameters = [(b"value", self.value()), *self._common(), *self._boolean(b"dir", 0.1)]
        if self.random.random() < 0.1:
            parameters += self._comparisons(b"")
        return self._ask(self._write(category, "POST", parameters))

    def _refresh(self, category: str) -> Step:
        draft = Draft(category, "PUT", self.key())
        parameters = [(b"refresh", self.random.choice(words.TRUE_WORDS))]
        if self.random.random() < 0.9:
            parameters.append((b"ttl", self.random.choice(words.LONG_TTLS)))
        if self.random.random() < 0.15:
            parameters.append((b"value", self.value()))
        parameters += self._boolean(b"prevExist", 0.35) + self._boolean(b"dir", 0.05)
        if self.random.random() < 0.2:
            parameters += self._comparisons(draft.key)
        return self._ask(self._spread(draft, parameters))

    def _get(self, category: str) -> Step:
        draft = Draft(category, "GET", self.key())
        draft.query = self._reading()
        return self._ask(draft)

    def _head(self, category: str) -> Step:
        draft = Draft(category, "HEAD", self.key())
        draft.query = self._reading()
        return self._ask(draft)

    def _reading(self) -> list[Parameter]:
        parameters = self._boolean(b"recursive", 0.4) + self._boolean(b"sorted", 0.4)
        parameters += self._boolean(b"quorum", 0.12) + self._boolean(b"stream", 0.03)
        if (b"quorum", b"true") in parameters:
            parameters += self._boolean(b"wait", 0.2)
        if self.random.random() < 0.05:
            parameters.append((b"waitIndex", b"7"))
        self.random.shuffle(parameters)
        return parameters

    def _delete(self, category: str) -> Step:
        draft = Draft(category, "DELETE", self.key())
        if self.random.random() < 0.1:
            draft.raw_form = self.random.choice((b"prevValue=nope", *words.BAD_FORMS))
        return self._ask(draft)

    def _delete_directory(self, category: str) -> Step:
        draft = Draft(category, "DELETE", self.key())
        draft.query = self._boolean(b"recursive", 0.6) + self._boolean(b"dir", 0.6)
        return self._ask(draft)

    def _compare_and_delete(self, category: str) -> Step:
        draft = Draft(category, "DELETE", self.key())
        draft.query = self._comparisons(draft.key) + self._boolean(b"recursive", 0.1)
        draft.query += self._boolean(b"dir", 0.1) + self._boolean(b"prevExist", 0.05)
        return self._ask(draft)

    # Watches.

    def _watch(self, category: str) -> Step:
        parameters = [(b"wait", self.random.choice(words.TRUE_WORDS))]
        parameters += self._boolean(b"recursive", 0.5) + self._boolean(b"stream", 0.5)
        if self.random.random() < 0.5:
            parameters.append((b"waitIndex", b"%d" % self._wait_index()))
        self.random.shuffle(parameters)
        target = _target(self.key(), parameters)
        if self.random.random() < 0.1:
            return OpenWatch(category, b"GET " + target + b" HTTP/1.0\r\n\r\n")
        return OpenWatch(category, request_bytes("GET", target))

    def _wait_index(self) -> int:
        now = self.knowledge.index
        oldest = max(now - 999, 1)
        near = max(now - self.random.randrange(30), 0)
        choices = (near, 0, now, now + 1, now + 3, now + 10**6, 2**64 - 1, oldest, oldest - 1, 1)
        return self.random.choices(choices, (12, 1, 3, 4, 3, 1, 1, 2, 2, 1))[0]

    # Requests that are wrong, or right in an unusual way.

    def _any_draft(self, category: str) -> Draft:
        method = self.random.choices(("PUT", "POST", "GET", "DELETE", "HEAD"), (5, 2, 3, 2, 1))[0]
        draft = Draft(category, method, self.key())
        if method in ("PUT", "POST"):
            draft.form = [(b"value", self.value())]
        return draft

    def _bad_parameter(self, category: str) -> Step:
        draft = self._any_draft(category)
        for _ in range(self.random.choices((1, 2, 3), (6, 2, 1))[0]):
            name, values = self.random.choice(words.BAD_PARAMETERS)
            bad = (name, self.random.choice(values))
            into_form = draft.form is not None and self.random.random() < 0.5
            (draft.form if into_form and draft.form is not None else draft.query).append(bad)
        if not any(name == b"wait" for name, _ in draft.query):
            draft.query += self._boolean(b"wait", 0.1) if draft.method != "GET" else []
        return self._ask(draft)

    def _bad_form(self, category: str) -> Step:
        draft = self._any_draft(category)
        draft.form = None
        draft.raw_form = self.random.choice((*words.BAD_FORMS, *words.ODD_FORMS))
        if self.random.random() < 0.2:
            draft.query.append((b"prevIndex", b"x"))
        return self._ask(draft)

    def _content_type(self, category: str) -> Step:
        draft = self._any_draft(category)
        draft.content_type = self.random.choice(words.CONTENT_TYPES)
        if draft.form is not None and self.random.random() < 0.3:
            draft.query.append((b"value", b"query"))
        return self._ask(draft)

    def _duplicates(self, category: str) -> Step:
        draft = self._any_draft(category)
        first, second = self.random.choice(
            (
                ((b"value", b"one"), (b"value", b"two")),
                ((b"ttl", b"1000"), (b"ttl", b"abc")),
                ((b"ttl", b"abc"), (b"ttl", b"1000")),
                ((b"ttl", b""), (b"ttl", b"1000")),
                ((b"recursive", b"true"), (b"recursive", b"x")),
                ((b"dir", b"false"), (b"dir", b"true")),
                ((b"prevIndex", b"0"), (b"prevIndex", b"-1")),
                ((b"prevValue", b"x"), (b"prevValue", b"")),
                ((b"Value", b"one"), (b"value", b"two")),
            )
        )
        places = [draft.query] if draft.form is None else [draft.query, draft.form]
        self.random.choice(places).insert(0, first)
        self.random.choice(places).append(second)
        return self._ask(draft)

    def _large(self, category: str) -> Step:
        size = self.random.choice((1000, 1900, 2047, 2048, 3000, 5000, 70_000))
        unit = self.random.choice((b"x", b"<", "ü".encode(), b"\xff"))
        draft = Draft(category, "PUT", self.key())
        draft.form = [(b"value", unit * (size // len(unit)))]
        draft.chunked = self.random.random() < 0.2
        return self._ask(draft)

    def _odd_target(self, category: str) -> Step:
        target = self.random.choice(words.ODD_TARGETS)
        method = self.random.choice(("GET", "GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS"))
        return Ask(category, request_bytes(method, target), method)

    def _odd_method(self, category: str) -> Step:
        method = self.random.choice(words.METHODS)
        target = self.random.choice((_target(self.key(), []), PREFIX, b"/nope", b"/v2/keys//a"))
        body = self.random.choice((None, b"value=1"))
        return Ask(category, request_bytes(method, target, {"Content-Type": FORM}, body), method)

    # Connections of their own.

    def _unusual(self, category: str) -> Step:
        data, methods = self.random.choice(UNUSUAL)
        return Alone(category, data, methods)

    def _broken(self, category: str) -> Step:
        return Broken(category, self.random.choice(BROKEN))

    def _expect(self, category: str) -> Step:
        body = b"value=" + quote_plus(self.value()).encode()
        headers = {"Content-Type": FORM, "Expect": "100-continue", "Content-Length": str(len(body))}
        method = self.random.choice(("PUT", "PUT", "POST", "PATCH", "DELETE"))
        target = _target(self.key(), [])
        return Expecting(category, request_bytes(method, target, headers, b""), body, method)

    def _pipeline(self, category: str) -> Step:
        makers = (self._set, self._get, self._post, self._delete, self._head, self._odd_target)
        steps = [self.random.choice(makers)(category) for _ in range(self.random.randint(2, 5))]
        asks = [step for step in steps if isinstance(step, Ask)]
        return Alone(
            category, b"".join(ask.data for ask in asks), tuple(ask.method for ask in asks)
        )

    # Expiry. Each recipe ends with at most one request that is due at once.

    def _expire(self, category: str) -> Step:
        key = self.key() or b"/a"
        short, now = (b"ttl", b"1"), (b"ttl", b"0")
        value, exist = (b"value", self.value()), (b"prevExist", b"true")
        wrapped, minus_one = (b"ttl", b"9223372036"), (b"ttl", b"18446744073709551615")

        def put(*parameters: Parameter, below: bytes = b"", method: str = "PUT") -> Ask:
            return self._ask(Draft(category, method, key + below, form=list(parameters)))

        recipes: tuple[tuple[bytes, list[Ask]], ...] = (
            (b"1", [put(value, now)]),
            (b"1", [put(value, now, method="POST")]),
            (b"1", [put(value), put(value, now, exist)]),
            (b"1", [put(value, wrapped)]),
            (b"1", [put(value), put(value, wrapped, exist)]),
            (b"1", [put(value, minus_one)]),
            (b"1", [put(value), put(value, minus_one, exist)]),
            (b"2", [put(value, short), put(short, (b"refresh", b"true"))]),
            (b"2", [put(value, short, method="POST"), put(value, short, method="POST")]),
            (b"2", [put(value, short), put(value)]),
            (b"2", [put(short, (b"dir", b"true")), put(value, short, below=b"/x")]),
            (b"2", [put(value, short, below=b"/x"), put(short, exist, (b"dir", b"true"))]),
            (b"2", [put(value, short, below=b"/x"), put(value, now, below=b"/_y")]),
        )
        guard_ttl, asks = self.random.choice(recipes)
        form = [(b"value", b""), (b"ttl", guard_ttl)]
        guard = self._ask(Draft(category, "PUT", b"/" + GUARD, form=form))
        return Expire(category, guard, PREFIX + b"/" + GUARD, tuple(asks))

    # Bytes.

    def _ask(self, draft: Draft) -> Ask:
        body = draft.raw_form
        if body is None and draft.form is not None:
            body = self._encode(draft.form)
        headers = {"Content-Type": draft.content_type} if body is not None else {}
        if body is not None and draft.chunked:
            headers["Transfer-Encoding"] = "chunked"
            body = self._chunks(body)
        data = request_bytes(draft.method, self._query(draft), headers, body)
        return Ask(draft.category, data, draft.method, draft.key.rstrip(b"/"))

    def _query(self, draft: Draft) -> bytes:
        path = PREFIX + draft.key
        return path + b"?" + self._encode(draft.query) if draft.query else path

    def _encode(self, parameters: list[Parameter]) -> bytes:
        return b"&".join(name + b"=" + quote_plus(value).encode() for name, value in parameters)

    def _chunks(self, body: bytes) -> bytes:
        cut = self.random.randrange(len(body) + 1)
        parts = [part for part in (body[:cut], body[cut:]) if part]
        return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


def _target(key: bytes, parameters: list[Parameter]) -> bytes:
    query = b"&".join(name + b"=" + value for name, value in parameters)
    return PREFIX + key + (b"?" + query if query else b"")
