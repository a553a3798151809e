"""Nested structures, as Keras' tree treats them."""

from collections import OrderedDict, defaultdict, deque, namedtuple

import pytest

from yeoul import tree

P = namedtuple("P", "x y")
Q = namedtuple("Q", "x y")
COUNTED = defaultdict(int, {"b": 1, "a": 2})


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (lambda: tree.flatten({"b": 1, "a": 2}), [2, 1]),
        (lambda: tree.flatten(OrderedDict(b=1, a=2)), [1, 2]),
        (lambda: tree.flatten(COUNTED), [2, 1]),
        (lambda: tree.flatten(deque([1, [2]])), [1, 2]),
        (lambda: tree.flatten(None), [None]),
        (lambda: tree.flatten(P(1, (2, 3))), [1, 2, 3]),
        (lambda: tree.flatten({1: 2, "a": 3}), [2, 3]),
        (lambda: tree.flatten_with_path({"b": [1, 2], "a": P(3, 4)}), [(("a", 0), 3), (("a", 1), 4), (("b", 0), 1), (("b", 1), 2)]),
        (lambda: tree.flatten_with_path([None, OrderedDict(z=1, a=2)]), [((0,), None), ((1, "z"), 1), ((1, "a"), 2)]),
        (lambda: tree.flatten_with_path(5), [((), 5)]),
        (lambda: tree.map_structure(lambda *a: a, {"b": 1, "a": [2]}, {"b": 3, "a": [4]}), {"b": (1, 3), "a": [(2, 4)]}),
        (lambda: tree.map_structure(lambda x: x, deque([1])), deque([1])),
        (lambda: tree.map_structure(lambda x: x, [None]), [None]),
        (lambda: tree.map_structure_up_to([None, None], len, [[1, 1], [2, 2]]), [2, 2]),
        (lambda: tree.map_structure_up_to([None, [None, None]], str, [[1, 1], [2, 2]]), ["[1, 1]", ["2", "2"]]),
        (lambda: tree.assert_same_structure([1, [2]], [None, [4]]), None),
        (lambda: tree.assert_same_structure({"a": 1, "b": 2}, OrderedDict(b=1, a=2)), None),
        (lambda: tree.assert_same_paths([0, 1], (2, 3)), None),
        (lambda: tree.assert_same_paths(P(0, 1), Q(1, 2)), None),
        (lambda: tree.pack_sequence_as({"b": 1, "a": 2}, [1, 2]), {"b": 2, "a": 1}),
        (lambda: tree.pack_sequence_as(OrderedDict(b=1, a=2), [1, 2]), OrderedDict(b=1, a=2)),
        (lambda: tree.pack_sequence_as(P(1, [2]), (1, 2)), P(1, [2])),
        (lambda: tree.pack_sequence_as(1, [3]), 3),
        (lambda: tree.pack_sequence_as([1], {"a": 3}), ["a"]),
        (lambda: tree.lists_to_tuples([1, [2, {"a": [3]}], P([1], 2)]), (1, (2, {"a": (3,)}), P((1,), 2))),
        (lambda: tree.map_shape_structure(lambda s: s, [(1, 2), {"a": (None, 3)}]), [(1, 2), {"a": (None, 3)}]),
        (lambda: tree.map_shape_structure(sum, ((1, 2), [3, 4])), (3, 7)),
        (lambda: tree.map_shape_structure(str, [1, (2, [3])]), ["1", ("2", "[3]")]),
        (lambda: tree.map_shape_structure(str, ()), "()"),
        (lambda: [tree.is_nested(v) for v in (P(1, 2), deque(), "ab", {}, {1}, OrderedDict())], [True, True, False, True, False, True]),
        (lambda: tree.traverse(lambda x: tree.MAP_TO_NONE if x == 1 else None, [1, [2]]), [None, [2]]),
        (lambda: tree.traverse(lambda x: "L" if isinstance(x, list) and len(x) == 1 else None, {"b": [1], "a": [1, 2]}), {"b": "L", "a": [1, 2]}),
        (lambda: tree.traverse(lambda x: x + 1 if isinstance(x, int) else None, OrderedDict(b=1, a=P(2, [3])), top_down=False), OrderedDict(b=2, a=P(3, [4]))),
        (lambda: tree.traverse(lambda x: tuple(x) if isinstance(x, list) else None, [[1], [2]]), ([1], [2])),
    ],
)  # fmt: skip
def test_results(found, expected):
    value = found()
    assert value == expected and type(value) is type(expected)


def test_order_of_visits():
    visited = []
    tree.traverse(visited.append, {"b": 1, "a": P(2, [3])}, top_down=False)
    assert visited == [2, 3, [3], P(2, [3]), 1, {"b": 1, "a": P(2, [3])}]
    visited.clear()
    tree.traverse(visited.append, {"b": 1, "a": P(2, [3])})
    assert visited == [{"b": 1, "a": P(2, [3])}, P(2, [3]), 2, [3], 3, 1]


def test_defaultdict_keeps_its_factory_and_order():
    made = tree.map_structure(lambda x: x * 2, COUNTED)
    assert made.default_factory is int and list(made.items()) == [("b", 2), ("a", 4)]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: tree.map_structure(len), ValueError, "Must provide at least one structure"),
        (lambda: tree.map_structure(max, [1, 2], (1, 2)), ValueError, r"expected an instance of list, and got \(1, 2\)"),
        (lambda: tree.map_structure(max, [1, 2], [1]), ValueError, "expected a list of length 2, and got length 1"),
        (lambda: tree.map_structure(max, {"a": 1, "b": 2}, {"a": 1}), ValueError, r"with the keys \['a', 'b'\], and got \['a'\]"),
        (lambda: tree.map_structure(max, [1, [2]], [[1], 2]), ValueError, r"expected a leaf, and got \[1\]"),
        (lambda: tree.map_structure_up_to([None, [None]], str, [1, 2]), ValueError, "expected an instance of list, and got 2"),
        (lambda: tree.map_structure_up_to([None], str), ValueError, "at least one structure"),
        (lambda: tree.assert_same_structure([1], (1,)), ValueError, "expected an instance of list"),
        (lambda: tree.assert_same_structure(P(1, 2), Q(1, 2)), ValueError, "expected an instance of P"),
        (lambda: tree.assert_same_structure(1, [1]), ValueError, "don't have the same nested structure"),
        (lambda: tree.assert_same_paths([0, 1], [1]), ValueError, r"Paths in `a` missing in `b`:\n\{\(1,\)\}"),
        (lambda: tree.assert_same_paths({"a": 1}, {"b": 1}), ValueError, r"Paths in `b` missing in `a`:\n\{\('b',\)\}"),
        (lambda: tree.pack_sequence_as([1, [2]], [5]), ValueError, "Too few leaves for the structure: expected 2, and got 1"),
        (lambda: tree.pack_sequence_as([1, [2]], [5, 6, 7]), ValueError, "Too many leaves"),
        (lambda: tree.pack_sequence_as([1], 3), TypeError, "not iterable"),
        (lambda: tree.traverse(3, [1]), TypeError, "`func` must be callable, got 3"),
    ],
)  # fmt: skip
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_map_structure_can_leave_none_alone():
    assert tree.map_structure(lambda x: 5, [1, None]) == [5, 5]
    assert tree.map_structure(lambda x: 5, [1, None], none_is_leaf=False) == [5, None]
    assert tree.map_structure(lambda a, b: a + b, [1, None], [2, None], none_is_leaf=False) == [3, None]
    with pytest.raises(ValueError, match="one has None where another has a leaf"):
        tree.map_structure(lambda a, b: a, [1, None], [2, 3], none_is_leaf=False)
