"""Random steps, reproducible from a seed and the answers so far."""

from __future__ import annotations

import random
from collections.abc import Callable

from tests.conformance import vocabulary as words
from tests.conformance.administration import administer
from tests.conformance.chooser import Chooser
from tests.conformance.draft import PREFIX, Draft, Parameter, target
from tests.conformance.expiry import expire_step
from tests.conformance.knowledge import Knowledge
from tests.conformance.malformed import BROKEN, UNUSUAL
from tests.conformance.steps import Alone, Ask, Broken, Expecting, OpenWatch, Step
from tests.harness.wire import FORM, request_bytes


class Generator:
    """Draws steps with fixed weights. `knowledge` is updated by the runner."""

    def __init__(self, seed: int, knowledge: Knowledge, skip: frozenset[str] = frozenset()) -> None:
        self.random = random.Random(seed)
        self.choose = Chooser(self.random, knowledge)
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
            (45, "admin", lambda name: administer(name, self.random)),
            (7, "expire", lambda name: expire_step(name, self.choose)),
        ]
        self._makers = [(name, make) for _, name, make in table if name not in skip]
        self._weights = [weight for weight, name, _ in table if name not in skip]

    def next(self) -> Step:
        (name, make) = self.random.choices(self._makers, self._weights)[0]
        return make(name)

    # Operations on keys.

    def _write(
        self, category: str, method: str, parameters: list[Parameter], files: bool | None = None
    ) -> Step:
        draft = Draft(category, method, self.choose.key(files=files))
        return draft.spread(parameters, self.random).ask()

    def _set(self, category: str) -> Step:
        value = [(b"value", self.choose.value())] if self.random.random() < 0.93 else []
        return self._write(category, "PUT", [*value, *self.choose.common()], files=True)

    def _create(self, category: str) -> Step:
        parameters = [(b"prevExist", self.random.choice(words.FALSE_WORDS))]
        parameters += [
            (b"value", self.choose.value()),
            *self.choose.common(),
            *self.choose.boolean(b"dir", 0.1),
        ]
        if self.random.random() < 0.1:
            parameters += self.choose.comparisons(b"")
        return self._write(category, "PUT", parameters)

    def _update(self, category: str) -> Step:
        parameters = [(b"prevExist", self.random.choice(words.TRUE_WORDS)), *self.choose.common()]
        if self.random.random() < 0.8:
            parameters.append((b"value", self.choose.value()))
        parameters += self.choose.boolean(b"dir", 0.1)
        draft = Draft(category, "PUT", self.choose.key(existing=0.75, files=True))
        return draft.spread(parameters, self.random).ask()

    def _compare_and_swap(self, category: str) -> Step:
        draft = Draft(category, "PUT", self.choose.key(existing=0.75, files=True))
        parameters = [*self.choose.comparisons(draft.key), *self.choose.common()]
        parameters += [(b"value", self.choose.value())] if self.random.random() < 0.9 else []
        parameters += self.choose.boolean(b"prevExist", 0.15, 0.03) + self.choose.boolean(
            b"dir", 0.05
        )
        return draft.spread(parameters, self.random).ask()

    def _make_directory(self, category: str) -> Step:
        parameters = [(b"dir", self.random.choice(words.TRUE_WORDS)), *self.choose.common()]
        parameters += self.choose.boolean(b"prevExist", 0.2, 0.3)
        if self.random.random() < 0.1:
            parameters.append((b"value", self.choose.value()))
        return self._write(category, "PUT", parameters)

    def _post(self, category: str) -> Step:
        parameters = [
            (b"value", self.choose.value()),
            *self.choose.common(),
            *self.choose.boolean(b"dir", 0.1),
        ]
        if self.random.random() < 0.1:
            parameters += self.choose.comparisons(b"")
        return self._write(category, "POST", parameters, files=False)

    def _refresh(self, category: str) -> Step:
        draft = Draft(category, "PUT", self.choose.key(existing=0.75, files=True))
        parameters = [(b"refresh", self.random.choice(words.TRUE_WORDS))]
        if self.random.random() < 0.9:
            parameters.append((b"ttl", self.random.choice(words.LONG_TTLS)))
        if self.random.random() < 0.15:
            parameters.append((b"value", self.choose.value()))
        parameters += self.choose.boolean(b"prevExist", 0.35) + self.choose.boolean(b"dir", 0.05)
        if self.random.random() < 0.2:
            parameters += self.choose.comparisons(draft.key)
        return draft.spread(parameters, self.random).ask()

    def _get(self, category: str) -> Step:
        draft = Draft(category, "GET", self.choose.key(existing=0.7))
        draft.query = self._reading()
        return draft.ask()

    def _head(self, category: str) -> Step:
        draft = Draft(category, "HEAD", self.choose.key(existing=0.7))
        draft.query = self._reading()
        return draft.ask()

    def _reading(self) -> list[Parameter]:
        parameters = self.choose.boolean(b"recursive", 0.4) + self.choose.boolean(b"sorted", 0.4)
        parameters += self.choose.boolean(b"quorum", 0.12) + self.choose.boolean(b"stream", 0.03)
        if (b"quorum", b"true") in parameters:
            parameters += self.choose.boolean(b"wait", 0.2)
        if self.random.random() < 0.05:
            parameters.append((b"waitIndex", b"7"))
        self.random.shuffle(parameters)
        return parameters

    def _delete(self, category: str) -> Step:
        draft = Draft(category, "DELETE", self.choose.key(existing=0.7))
        if self.random.random() < 0.1:
            draft.raw_form = self.random.choice((b"prevValue=nope", *words.BAD_FORMS))
        return draft.ask()

    def _delete_directory(self, category: str) -> Step:
        draft = Draft(category, "DELETE", self.choose.key(existing=0.7, files=False))
        draft.query = self.choose.boolean(b"recursive", 0.6) + self.choose.boolean(b"dir", 0.6)
        return draft.ask()

    def _compare_and_delete(self, category: str) -> Step:
        draft = Draft(category, "DELETE", self.choose.key(existing=0.7, files=True))
        draft.query = self.choose.comparisons(draft.key) + self.choose.boolean(b"recursive", 0.1)
        draft.query += self.choose.boolean(b"dir", 0.1) + self.choose.boolean(b"prevExist", 0.05)
        return draft.ask()

    # Watches.

    def _watch(self, category: str) -> Step:
        parameters = [(b"wait", self.random.choice(words.TRUE_WORDS))]
        parameters += self.choose.boolean(b"recursive", 0.5) + self.choose.boolean(b"stream", 0.5)
        if self.random.random() < 0.5:
            parameters.append((b"waitIndex", b"%d" % self.choose.wait_index()))
        self.random.shuffle(parameters)
        watched = target(self.choose.key(), parameters)
        if self.random.random() < 0.1:
            return OpenWatch(category, b"GET " + watched + b" HTTP/1.0\r\n\r\n")
        return OpenWatch(category, request_bytes("GET", watched))

    # Requests that are wrong, or right in an unusual way.

    def _any_draft(self, category: str) -> Draft:
        method = self.random.choices(("PUT", "POST", "GET", "DELETE", "HEAD"), (5, 2, 3, 2, 1))[0]
        draft = Draft(category, method, self.choose.key())
        if method in ("PUT", "POST"):
            draft.form = [(b"value", self.choose.value())]
        return draft

    def _bad_parameter(self, category: str) -> Step:
        draft = self._any_draft(category)
        for _ in range(self.random.choices((1, 2, 3), (6, 2, 1))[0]):
            name, values = self.random.choice(words.BAD_PARAMETERS)
            bad = (name, self.random.choice(values))
            into_form = draft.form is not None and self.random.random() < 0.5
            (draft.form if into_form and draft.form is not None else draft.query).append(bad)
        if not any(name == b"wait" for name, _ in draft.query):
            draft.query += self.choose.boolean(b"wait", 0.1) if draft.method != "GET" else []
        return draft.ask()

    def _bad_form(self, category: str) -> Step:
        draft = self._any_draft(category)
        draft.form = None
        draft.raw_form = self.random.choice((*words.BAD_FORMS, *words.ODD_FORMS))
        if self.random.random() < 0.2:
            draft.query.append((b"prevIndex", b"x"))
        return draft.ask()

    def _content_type(self, category: str) -> Step:
        draft = self._any_draft(category)
        draft.content_type = self.random.choice(words.CONTENT_TYPES)
        if draft.form is not None and self.random.random() < 0.3:
            draft.query.append((b"value", b"query"))
        return draft.ask()

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
        return draft.ask()

    def _large(self, category: str) -> Step:
        size = self.random.choice((1000, 1900, 2047, 2048, 3000, 5000, 70_000))
        unit = self.random.choice((b"x", b"<", "ü".encode(), b"\xff"))
        draft = Draft(category, "PUT", self.choose.key(files=True))
        draft.form = [(b"value", unit * (size // len(unit)))]
        draft.cut = self.random.random() if self.random.random() < 0.2 else None
        return draft.ask()

    def _odd_target(self, category: str) -> Step:
        odd = self.random.choice(words.ODD_TARGETS)
        method = self.random.choice(("GET", "GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS"))
        return Ask(category, request_bytes(method, odd), method)

    def _odd_method(self, category: str) -> Step:
        method = self.random.choice(words.METHODS)
        odd = self.random.choice((self._plain_target(), PREFIX, b"/nope", b"/v2/keys//a"))
        body = self.random.choice((None, b"value=1"))
        return Ask(category, request_bytes(method, odd, {"Content-Type": FORM}, body), method)

    # Connections of their own.

    def _unusual(self, category: str) -> Step:
        data, methods = self.random.choice(UNUSUAL)
        return Alone(category, data, methods)

    def _broken(self, category: str) -> Step:
        return Broken(category, self.random.choice(BROKEN))

    def _expect(self, category: str) -> Step:
        body = b"value=" + words.percent_encoded(self.choose.value())
        headers = {"Content-Type": FORM, "Expect": "100-continue", "Content-Length": str(len(body))}
        method = self.random.choice(("PUT", "PUT", "POST", "PATCH", "DELETE"))
        head = request_bytes(method, self._plain_target(), headers, b"")
        return Expecting(category, head, body, method)

    def _pipeline(self, category: str) -> Step:
        makers = (self._set, self._get, self._post, self._delete, self._absent, self._odd_target)
        steps = [self.random.choice(makers)(category) for _ in range(self.random.randint(2, 5))]
        # The length that HEAD announces may follow the digits of a time that it does not show.
        asks = [
            self._absent(category) if step.method == "HEAD" else step
            for step in steps
            if isinstance(step, Ask)
        ]
        return Alone(
            category, b"".join(ask.data for ask in asks), tuple(ask.method for ask in asks)
        )

    def _absent(self, category: str) -> Ask:
        return Ask(category, request_bytes("HEAD", PREFIX + b"/absent"), "HEAD")

    def _plain_target(self) -> bytes:
        return target(self.choose.key(), [])
