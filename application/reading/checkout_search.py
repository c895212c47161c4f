"""The search for checkouts: by words, or by a name that means one checkout."""

from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from datetime import datetime, timedelta

from application.errors import NotFound
from application.log.log import Log
from application.reading.answers import CheckoutFilter, SearchHit
from application.reading.checkout_state import CheckoutState, Situation, read_situation
from application.reading.projection import Row, rfc3339
from application.reading.projections.checkouts import CHECKOUTS
from application.reading.projections.search import AMOUNT, NAMES, SEARCH
from application.reading.search_terms import TERM_MAX, amounts, beginning_of_end, beginnings, readings, wholes, words
from application.reading.views import (
    Above,
    Among,
    AnyOf,
    AtMost,
    Before,
    Equal,
    Filter,
    Frequent,
    OneOf,
    Selection,
    StartsWith,
    Unlike,
    Views,
)
from domain.checkout_session import CheckoutSession
from domain.identifiers import SessionId, session_of_stream, stored_session_id
from domain.order_number import order_number, read_order_number

_WORDS_MAX = 10
_HITS_MAX = 200
_ROWS_MAX = 100
_FEW_MAX = 5000
"""So many checkouts with an amount are sorted within 3 ms on SQLite. Of more, the newest are found sooner by looking
at the newest checkouts: in a shop of 200,000 within 2 ms."""
_FEW_TERMS_MAX = 3000
"""The same for the terms of a word. To gather those of a word that 200,000 checkouts have takes a second."""
_GATHERED_MAX = 30_000
"""So many terms of one word are gathered, if every other word is more frequent."""
_OF_AMOUNTS = frozenset({"amount_total", "currency"})
_TICK = timedelta(microseconds=1)
_CANDIDATES_MAX = 5
_BATCH_MAX = 500
NEWEST_FIRST = ("-recorded_at", "-position")
"""By two columns, since an index with both leads to a page of any time at once."""


class CheckoutSearch:
    """Reads the views as they are: `Queries` brings them to the end of the log first."""

    def __init__(self, log: Log, views: Views) -> None:
        self._log = log
        self._views = views

    def hits(self, text: str, limit: int, seen: CheckoutFilter) -> list[SearchHit]:
        """Return the checkouts that match every search word, by a word that begins with it or an amount that equals it;
        the newest first. Without a search word, return all checkouts.

        Raises:
            NotFound: the checkout that `seen.before` names is not in the view.
        """
        within = [*self._within(seen), *self._of_amount(seen)]
        standing = [[*within, *each] for each in self._standing(seen.states)]
        for wanted in readings(text):
            if hits := self._hits(wanted[:_WORDS_MAX], standing, min(limit, _HITS_MAX)):
                return hits
        return []

    def named(self, name: str) -> list[SessionId]:
        """Return the sessions with this order number or reference, or with this ID in one of the fields `NAMES`. If
        there are none, return those with an ID that ends with it."""
        number, whole = read_order_number(name), "".join(words(name))[:TERM_MAX]
        found = dict.fromkeys(self._found_by(Equal("term", number.casefold()), "order_number") if number else ())
        found |= dict.fromkeys(self._found_by(Equal("term", whole), *NAMES))
        found |= dict.fromkeys(self._with_reference(name, whole))
        if not found and (end := beginning_of_end(name)):
            found |= dict.fromkeys(self._found_by(StartsWith("term", end), *NAMES))
        return list(found)[:_CANDIDATES_MAX]

    def situations(self, sessions: Sequence[SessionId]) -> Mapping[str, CheckoutState | Situation]:
        """How these sessions stand, as staff read it, without those that are not in the view."""
        found: dict[str, CheckoutState | Situation] = {}
        for start in range(0, len(sessions), _BATCH_MAX):
            batch = sessions[start : start + _BATCH_MAX]
            rows = self._views.select(Selection(projection=CHECKOUTS, where=[OneOf("session_id", batch)]))
            parked = self._parked(batch)
            found |= {id: _situation(row, is_parked=id in parked) for row in rows for id in [str(row["session_id"])]}
        return found

    def _parked(self, sessions: Sequence[SessionId]) -> Set[str]:
        return {each.subject for each in self._log.store.select_parked_events(subjects=sessions)}

    def _within(self, seen: CheckoutFilter) -> Iterator[Filter]:
        if seen.since is not None:
            yield Above("recorded_at", rfc3339(seen.since - _TICK))
        if seen.until is not None:
            yield AtMost("recorded_at", rfc3339(seen.until - _TICK))
        if seen.before is not None:
            where = [Equal("session_id", seen.before)]
            rows = self._views.select(Selection(projection=CHECKOUTS, where=where))
            if not rows:
                raise NotFound(f"No checkout {seen.before} in the log.")
            yield Before(("recorded_at", "position"), _place(rows[0]))

    def _of_amount(self, seen: CheckoutFilter) -> Sequence[Filter]:
        """Few checkouts with such an amount are found by its index and sorted. Sorting many would take longer than to
        look at the newest ones, of which enough have such an amount."""
        filters = list(_of_amount(seen))
        counted = Selection(projection=CHECKOUTS, where=filters, limit=_FEW_MAX + 1)
        are_many = bool(filters) and self._views.count(counted) > _FEW_MAX
        return list(map(Frequent, filters)) if are_many else filters

    def _with_words(self, wanted: Sequence[str]) -> Sequence[Filter]:
        """Of a word that many checkouts have, the newest checkouts are asked one by one. Several such words may have no
        checkout in common, so the rarest of them is gathered first."""
        having = [Among("session_id", SEARCH, [_with_term(word)]) for word in wanted]
        gathered_max = _GATHERED_MAX if len(having) > 1 else _FEW_TERMS_MAX
        counts = [
            self._views.count(Selection(projection=SEARCH, where=each.where, limit=gathered_max + 1)) for each in having
        ]
        rarest = min(counts, default=0)
        most = max(_FEW_TERMS_MAX, rarest) if rarest <= gathered_max else _FEW_TERMS_MAX
        return [each if count <= most else Frequent(each) for each, count in zip(having, counts, strict=True)]

    def _standing(self, states: Collection[CheckoutState | Situation]) -> Iterator[Sequence[Filter]]:
        """The filters of which a checkout must pass one. The view does not know which checkouts have parked events."""
        if not states:
            yield ()
        if of_row := sorted(each for each in states if isinstance(each, CheckoutState)):
            yield (OneOf("state", of_row),)
        if as_read := sorted(each for each in states if isinstance(each, Situation)):
            yield (OneOf("situation", as_read),)
        if CheckoutState.PARKED in states:
            subjects = {each.subject for each in self._log.store.select_parked_events()}
            parked = sorted(each for each in subjects if session_of_stream(each) == each)
            for start in range(0, len(parked), _BATCH_MAX):
                yield (OneOf("session_id", parked[start : start + _BATCH_MAX]),)

    def _with_reference(self, name: str, whole: str) -> Iterator[SessionId]:
        """The view has parts of references as terms, too, so this compares the references themselves."""
        for session_id in self._found_by(Equal("term", whole), "client_reference_id"):
            checkout = self._log.get(CheckoutSession, session_id).checkout
            reference = checkout.client_reference_id if checkout else None
            if reference and words(reference.text) == words(name):
                yield session_id

    def _found_by(self, term: Filter, *fields: str) -> list[SessionId]:
        selection = Selection(projection=SEARCH, where=[term, OneOf("field", fields)], limit=_HITS_MAX)
        return [_session_of(row) for row in self._views.select(selection)]

    def _hits(self, wanted: Sequence[str], standing: Sequence[Sequence[Filter]], limit: int) -> list[SearchHit]:
        words_found = self._with_words(wanted)
        selections = (_newest([*words_found, *within], limit) for within in standing)
        by_id = {_session_of(row): row for selection in selections for row in self._views.select(selection)}
        rows = sorted(by_id.values(), key=_place, reverse=True)[:limit]
        subjects = [_session_of(row) for row in rows]
        parked, matched = self._parked(subjects), self._matched(subjects, wanted)
        return [_hit(row, parked, tuple(sorted(matched[_session_of(row)]))) for row in rows]

    def _matched(self, subjects: Sequence[SessionId], wanted: Sequence[str]) -> Mapping[SessionId, Set[str]]:
        """The fields in which each of these sessions has the words."""
        fields: dict[SessionId, set[str]] = {each: set() for each in subjects}
        for word in wanted if subjects else ():
            where = (OneOf("session_id", subjects), _with_term(word))
            limit = _ROWS_MAX * len(subjects)
            for row in self._views.select(Selection(projection=SEARCH, where=where, limit=limit)):
                fields[_session_of(row)].add(str(row["field"]))
        return fields


def _newest(where: Sequence[Filter], limit: int) -> Selection:
    """What few checkouts pass is sorted; the index of times has all others in their order."""
    is_sorted = any(isinstance(each, Among) or getattr(each, "column", "") in _OF_AMOUNTS for each in where)
    return Selection(projection=CHECKOUTS, where=where, order_by=NEWEST_FIRST, limit=limit, is_sorted=is_sorted)


def _with_term(word: str) -> Filter:
    """A term that this word of a query finds. An amount is found as a whole: 12.00 is nothing that begins with 1."""
    whole, of_amounts = wholes(word), amounts(word)
    ways: list[list[Filter]] = [[Equal("term", term)] for term in whole]
    ways += [[StartsWith("term", beginning)] for beginning in beginnings(word)]
    if of_amounts is not None:
        ways = [[*way, Unlike("field", AMOUNT)] for way in ways]
        ways.append([OneOf("term", of_amounts), Equal("field", AMOUNT)])
    return AnyOf(ways) if len(ways) > 1 else ways[0][0]


def _of_amount(seen: CheckoutFilter) -> Iterator[Equal | AtMost | Above]:
    if seen.currency is not None:
        yield Equal("currency", seen.currency)
    if seen.least is not None:
        yield Above("amount_total", seen.least - 1)
    if seen.most is not None:
        yield AtMost("amount_total", seen.most)


def _place(row: Row) -> tuple[str, int]:
    return str(row["recorded_at"]), int(row["position"] or 0)


def _session_of(row: Row) -> SessionId:
    return stored_session_id(str(row["session_id"]))


def _situation(row: Row, *, is_parked: bool) -> CheckoutState | Situation:
    return CheckoutState.PARKED if is_parked else read_situation(str(row["situation"]))


def _hit(row: Row, parked: Set[str], matched: tuple[str, ...]) -> SearchHit:
    """The state of the row covers only what could be read. A checkout with a parked event waits for a person."""
    session_id, amount, currency = _session_of(row), row["amount_total"], row["currency"]
    is_parked = session_id in parked
    return SearchHit(
        session_id=session_id,
        order_number=order_number(session_id),
        state=CheckoutState.PARKED if is_parked else CheckoutState(str(row["state"])),
        situation=_situation(row, is_parked=is_parked),
        amount_total=None if amount is None else int(amount),
        currency=None if currency is None else str(currency),
        recorded_at=datetime.fromisoformat(str(row["recorded_at"])),
        matched=matched,
    )
