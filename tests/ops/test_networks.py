"""Ops of networks that are more than one formula: what they mean, their gradients, and what errors say."""

import itertools

import numpy as np
import pytest

from yeoul import ops
from yeoul.graph.tape import GradientTape

RNG = np.random.default_rng(0)
LOGITS = RNG.normal(size=(2, 4, 3))
IMAGE = RNG.normal(size=(1, 2, 4, 4)).astype(np.float32)


def spelled(path, blank=0):
    return tuple(c for c, _ in itertools.groupby(path) if c != blank)


@pytest.mark.parametrize("label", [(), (1,), (1, 1), (1, 2), (2, 1, 2)])
def test_ctc_loss_is_the_sum_over_all_paths(label):
    p = np.exp(LOGITS[0]) / np.exp(LOGITS[0]).sum(1, keepdims=True)
    paths = itertools.product(range(3), repeat=4)
    expected = sum(np.prod(p[range(4), path]) for path in paths if spelled(path) == label)
    target = np.array([[*label, *[0] * (3 - len(label))]])
    found = ops.ctc_loss(target, LOGITS[:1], np.array([len(label)]), np.array([4]))
    np.testing.assert_allclose(np.asarray(found), [-np.log(expected)], rtol=1e-9)


def test_ctc_loss_of_labels_that_do_not_fit_is_finite_and_has_no_gradient():
    x = ops.convert_to_tensor(LOGITS)
    with GradientTape() as tape:
        loss = ops.ctc_loss([[1, 1, 1], [1, 2, 0]], x, [3, 2], [4, 2])
        total = ops.sum(loss)
    assert 700 < float(loss[0]) < 720
    found = np.asarray(tape.gradient(total, x))
    np.testing.assert_array_equal(found[0], 0)
    assert np.abs(found[1, :2]).min() > 0 and np.abs(found[1, 2:]).max() == 0


def test_ctc_beams_are_all_paths_when_the_beam_is_wide():
    p = np.exp(LOGITS[0]) / np.exp(LOGITS[0]).sum(1, keepdims=True)
    totals = {}
    for path in itertools.product(range(3), repeat=4):
        totals[spelled(path)] = totals.get(spelled(path), 0) + np.prod(p[range(4), path])
    best = sorted(totals, key=totals.get, reverse=True)[:3]
    paths, scores = ops.ctc_decode(LOGITS[:1], [4], "beam_search", 1000, 3)
    assert [tuple(row[row >= 0]) for row in np.asarray(paths)[:, 0]] == best
    np.testing.assert_allclose(np.exp(np.asarray(scores)[0]), [totals[b] for b in best], rtol=1e-9)


def test_heads_of_the_query_share_heads_of_the_key():
    q, k, v = (RNG.normal(size=(2, 3, heads, 4)) for heads in (4, 2, 2))
    shared = ops.dot_product_attention(q, k, v)
    spread = ops.dot_product_attention(q, k.repeat(2, axis=2), v.repeat(2, axis=2))
    np.testing.assert_allclose(np.asarray(shared), np.asarray(spread), rtol=1e-12)


def test_soft_cap_bounds_the_logits():
    q, k, v = (RNG.normal(size=(1, 3, 1, 4)) * 100 for _ in range(3))
    capped = np.asarray(ops.dot_product_attention(q, k, v, attn_logits_soft_cap=1e-9))
    np.testing.assert_allclose(capped, np.broadcast_to(v.mean(1, keepdims=True), v.shape), rtol=1e-6)


def test_fold_counts_how_often_patches_cover_an_element():
    ones = np.ones_like(IMAGE)
    covered = np.asarray(ops.fold(ops.unfold(ones, 3), (4, 4), 3))[0, 0]
    np.testing.assert_array_equal(covered, np.outer([1, 2, 2, 1], [1, 2, 2, 1]))


def test_space_to_depth_and_back():
    y = ops.depth_to_space(ops.space_to_depth(IMAGE, 2, "channels_first"), 2, "channels_first")
    np.testing.assert_array_equal(np.asarray(y), IMAGE)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ops.ctc_loss([1, 2], LOGITS, [1, 1], [4, 4]), "ctc_loss needs a target of shape"),
        (lambda: ops.ctc_decode(LOGITS, [4, 4], strategy="best"), "Invalid strategy best. Supported values are"),
        (lambda: ops.dot_product_attention(IMAGE[0], IMAGE, IMAGE), "only supports 4D inputs"),
        (lambda: ops.dot_product_attention(IMAGE, IMAGE, IMAGE, flash_attention=True), "Flash attention is not supported"),
        (lambda: ops.dot_product_attention(np.ones((1, 2, 3, 4)), np.ones((1, 2, 2, 4)), np.ones((1, 2, 2, 4))), "heads, 3, must be a multiple of the key's, 2"),
        (lambda: ops.unfold(IMAGE[0], 2), r"Input must be a 4D tensor. Received: input.shape=\(2, 4, 4\)"),
        (lambda: ops.unfold(IMAGE, 9), "unfold: a kernel of 9 with dilation 1 does not fit into 4"),
        (lambda: ops.fold(np.ones((1, 7, 4)), 4, 2, stride=2), "a multiple of 4, 4"),
        (lambda: ops.space_to_depth(IMAGE, 1), "`block_size` must be at least 2"),
        (lambda: ops.space_to_depth(IMAGE, 3), "must be multiples of block_size 3"),
        (lambda: ops.depth_to_space(IMAGE, 3), "must be a multiple of block_size"),
        (lambda: ops.depth_to_space(IMAGE, 2, "flat"), "Received: data_format=flat"),
        (lambda: ops.psnr(IMAGE, IMAGE[0], 1.0), "must match for PSNR"),
    ],
)  # fmt: skip
def test_errors(call, message):
    with pytest.raises(ValueError, match=message):
        call()
