"""The two halves of a block of encoder.py, each one autograd node with a hand-written gradient.

They compute what `encoder.self_attention` and `encoder.feed_forward` (with squared ReLU) compute (tested), from fewer
nodes and passes over the activations, on which small models spend as much time as on their matrix products. Both take
one model, or E members side by side with a leading dimension E on everything ("*"). Under autocast the products are
computed in its format, norms and the residual stream in float32.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.autograd import Function

from scalescope.model.attention import attend, attend_backward, scaled_product
from scalescope.model.lookups import flat_rows

EPSILON = 1e-5  # of layer norm, as in torch.nn.LayerNorm
LAYER_NORM_BACKWARD = torch.ops.aten.native_layer_norm_backward.default


def feed_forward(
    x: Tensor, scale: Tensor, shift: Tensor, w_in: Tensor, w_out: Tensor, keep: Tensor | None = None
) -> Tensor:
    """`encoder.feed_forward` with squared ReLU."""
    dtype = _format(x)
    with torch.autocast(x.device.type, enabled=False):
        return _FeedForward.apply(x, scale, shift, w_in, w_out, keep, dtype)


def self_attention(
    x: Tensor,
    scale: Tensor,
    shift: Tensor,
    w_query: Tensor,
    w_key_value: Tensor,
    w_out: Tensor,
    bias: Tensor,
    *,
    at: int | Tensor | None = None,
    unseen: Tensor | None = None,
    keep_probabilities: Tensor | None = None,
    keep: Tensor | None = None,
) -> Tensor:
    """`encoder.self_attention`."""
    dtype = _format(x)
    at = flat_rows(at, x.shape[-2]) if isinstance(at, Tensor) else at
    with torch.autocast(x.device.type, enabled=False):
        return _SelfAttention.apply(
            x, scale, shift, w_query, w_key_value, w_out, bias, at, unseen, keep_probabilities, keep, dtype
        )


class _FeedForward(Function):
    @staticmethod
    def forward(ctx, x, scale, shift, w_in, w_out, keep, dtype):
        ctx.shape = x.shape
        x, keep = x.flatten(-3, -2), None if keep is None else keep.flatten(-3, -2)
        rows, normed, mean, deviation = _norm(x, scale, shift, dtype)
        inside = _product(rows, w_in.to(dtype).mT).clamp_min_(0)
        squared = inside * inside
        ctx.save_for_backward(x, scale, w_in, w_out, keep, rows, normed, mean, deviation, inside, squared)
        return _add_product(x, squared, w_out.to(dtype).mT, keep).view(ctx.shape)

    @staticmethod
    def backward(ctx, grad):
        x, scale, w_in, w_out, keep, rows, normed, mean, deviation, inside, squared = ctx.saved_tensors
        dtype, grad = rows.dtype, grad.flatten(-3, -2)
        above = (grad if keep is None else grad * keep).to(dtype)
        grad_out = _product(above.mT, squared)
        grad_inside = scaled_product(above, w_out.to(dtype), 2.0).mul_(inside)
        grad_in = _product(grad_inside.mT, rows)
        grad_rows = _product(grad_inside, w_in.to(dtype))
        grad_x, grad_scale, grad_shift = _norm_backward(grad_rows, x, scale, normed, mean, deviation)
        grad_x = grad_x.add_(grad).view(ctx.shape)
        return grad_x, grad_scale, grad_shift, grad_in.to(w_in.dtype), grad_out.to(w_out.dtype), None, None


class _SelfAttention(Function):
    @staticmethod
    def forward(ctx, x, scale, shift, w_query, w_key_value, w_out, bias, at, unseen, keep_probabilities, keep, dtype):
        heads, batch = bias.shape[-4], x.shape[-3]
        rows, normed, mean, deviation = _norm(x, scale, shift, dtype)
        key, value = _split(_product(rows.flatten(-3, -2), w_key_value.to(dtype).mT), batch, heads, 2)
        chosen = _pick(rows, at)
        (query,) = _split(_product(chosen, w_query.to(dtype).mT), batch, heads, 1)
        kept = None if keep_probabilities is None else keep_probabilities.to(dtype)
        probabilities, mixed = attend(query, key, value, bias.to(dtype), unseen, kept)
        mixed = _merge(mixed[None])
        keep = None if keep is None else keep.flatten(-3, -2)
        ctx.at, ctx.bias_like = at, (bias.shape, bias.dtype)
        weights, factors = (scale, w_query, w_key_value, w_out), (keep_probabilities, keep)
        between = (rows, normed, mean, deviation, chosen, query, key, value, probabilities, mixed)
        ctx.save_for_backward(x, *weights, *factors, *between)
        out = _add_product(_pick(x, at), mixed, w_out.to(dtype).mT, keep)
        return out.view(*x.shape[:-2], -1, x.shape[-1])

    @staticmethod
    def backward(ctx, grad):
        x, scale, w_query, w_key_value, w_out, keep_probabilities, keep, *between = ctx.saved_tensors
        rows, normed, mean, deviation, chosen, query, key, value, probabilities, mixed = between
        dtype, batch, heads, grad = rows.dtype, x.shape[-3], query.shape[-4], grad.flatten(-3, -2)
        above = (grad if keep is None else grad * keep).to(dtype)
        grad_out = _product(above.mT, mixed)
        (grad_mixed,) = _split(_product(above, w_out.to(dtype)), batch, heads, 1)
        kept = None if keep_probabilities is None else keep_probabilities.to(dtype)
        shape, bias_dtype = ctx.bias_like
        grad_query, grad_both, grad_bias = attend_backward(
            grad_mixed, query, key, value, probabilities, kept, shape if ctx.needs_input_grad[6] else None
        )
        grad_bias = None if grad_bias is None else grad_bias.to(bias_dtype)
        grad_query, grad_both = _merge(grad_query[None]), _merge(grad_both)
        grad_w_query = _product(grad_query.mT, chosen).to(w_query.dtype)
        grad_w_both = _product(grad_both.mT, rows.flatten(-3, -2)).to(w_key_value.dtype)
        grad_rows = _product(grad_both, w_key_value.to(dtype)).view(x.shape)
        _put(grad_rows, _product(grad_query, w_query.to(dtype)), ctx.at)
        grad_x, *grad_norm = _norm_backward(grad_rows, x, scale, normed, mean, deviation)
        _put(grad_x, grad, ctx.at)
        return grad_x, *grad_norm, grad_w_query, grad_w_both, grad_out.to(w_out.dtype), grad_bias, *[None] * 5


def _format(x: Tensor) -> torch.dtype:
    kind = x.device.type
    return torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else x.dtype


def _norm(x: Tensor, scale: Tensor, shift: Tensor, dtype: torch.dtype) -> tuple[Tensor, Tensor | None, Tensor, Tensor]:
    """Layer norm of x [*, H] in `dtype`, and what its gradient needs; members [E, *, H] have a norm each."""
    if scale.dim() == 1:
        rows, mean, deviation = torch.native_layer_norm(x, scale.shape, scale, shift, EPSILON)
        return rows.to(dtype), None, mean, deviation
    normed, mean, deviation = torch.native_layer_norm(x, x.shape[-1:], None, None, EPSILON)
    return torch.addcmul(_each(shift, x), normed, _each(scale, x)).to(dtype), normed, mean, deviation


def _norm_backward(
    grad: Tensor, x: Tensor, scale: Tensor, normed: Tensor | None, mean: Tensor, deviation: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Gradients of x, scale and shift; `grad` is overwritten."""
    grad = grad.to(x.dtype)
    if normed is None:
        # the last of its weights is the shift, of which only the shape counts
        return LAYER_NORM_BACKWARD(grad, x, scale.shape, mean, deviation, scale, scale, [True, True, True])
    inner = tuple(range(1, x.dim() - 1))
    grad_scale, grad_shift = (grad * normed).sum(inner), grad.sum(inner)
    grad = grad.mul_(_each(scale, x))
    grad_x, _, _ = LAYER_NORM_BACKWARD(grad, x, x.shape[-1:], mean, deviation, None, None, [True, False, False])
    return grad_x, grad_scale, grad_shift


def _each(weight: Tensor, x: Tensor) -> Tensor:
    """A vector of each member [E, H] in the shape that broadcasts over its x [E, ..., H]."""
    return weight.view(len(weight), *[1] * (x.dim() - 2), -1)


def _add_product(x: Tensor, left: Tensor, right: Tensor, keep: Tensor | None) -> Tensor:
    """x + left right, or x + keep * (left right), in the format of x."""
    if keep is not None:
        return torch.addcmul(x, _product(left, right).to(x.dtype), keep.to(x.dtype))
    if left.dtype != x.dtype:
        return x + _product(left, right)
    return torch.addmm(x, left, right) if x.dim() == 2 else torch.baddbmm(x, left, right)


def _product(left: Tensor, right: Tensor) -> Tensor:
    """left right, without the reshaping around it that torch.matmul does."""
    return torch.mm(left, right) if left.dim() == 2 else torch.bmm(left, right)


def _split(rows: Tensor, batch: int, heads: int, parts: int) -> Tensor:
    """[*, B * T, parts * H] to [parts, *, A, B, T, H / A]: heads first, so that each product is one batched call."""
    x = rows.view(*rows.shape[:-2], batch, rows.shape[-2] // batch, parts, heads, -1)
    return x.permute((2, 3, 0, 1, 4) if rows.dim() == 2 else (3, 0, 4, 1, 2, 5)).contiguous()


def _merge(x: Tensor) -> Tensor:
    """What `_split` took apart: [parts, *, A, B, T, H / A] to [*, B * T, parts * H]."""
    if x.dim() == 5:
        return x.permute(2, 3, 0, 1, 4).reshape(x.shape[2] * x.shape[3], -1)
    return x.permute(1, 3, 4, 0, 2, 5).reshape(x.shape[1], x.shape[3] * x.shape[4], -1)


def _pick(x: Tensor, at: int | Tensor | None) -> Tensor:
    """x [*, B, T, H] to [*, B * Q, H]: the first Q of each row, or rows of x.view(-1, H) [* B * Q]."""
    if at is None or isinstance(at, int):
        return x[..., :at, :].flatten(-3, -2)
    return x.view(-1, x.shape[-1]).index_select(0, at).view(*x.shape[:-3], -1, x.shape[-1])


def _put(x: Tensor, rows: Tensor, at: int | Tensor | None) -> None:
    """Add the rows [*, B * Q, H] where `_pick` took them from."""
    if at is None or isinstance(at, int):
        x[..., :at, :].add_(rows.view(*x.shape[:-2], -1, x.shape[-1]))
    else:
        x.view(-1, x.shape[-1]).index_add_(0, at, rows.flatten(0, -2).to(x.dtype))
