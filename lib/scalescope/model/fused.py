"""The two halves of a pre-norm transformer block, each one autograd node with a hand-written gradient.

Plain autograd gives the same numbers (tested) from more nodes and more passes over the activations, on
which small models spend as much time as on their matrix products. Both halves take one model, x
[N, H] and weights as in torch.nn.Linear, or E members side by side, with a leading dimension E on everything. Under
autocast the products are computed in its format, norms and the residual stream in float32.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.autograd import Function

EPSILON = 1e-5  # of layer norm, as in torch.nn.LayerNorm
LAYER_NORM_BACKWARD = torch.ops.aten.native_layer_norm_backward.default


def feed_forward(
    x: Tensor, scale: Tensor, shift: Tensor, w_in: Tensor, w_out: Tensor, keep: Tensor | None = None
) -> Tensor:
    """x + squared_relu(norm(x) w_in^T) w_out^T for x [N, H], norm [H], w_in [F, H], w_out [H, F].

    squared_relu is max(., 0)^2 (So et al. 2021, Primer). keep [N, H]: dropout's factors on what is added, 0 or
    1 / (1 - p).
    """
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
    asking: int | Tensor | None = None,
    hidden: Tensor | None = None,
    keep_share: Tensor | None = None,
    keep: Tensor | None = None,
) -> Tensor:
    """x + softmax(q k^T / sqrt(D) + bias) v w_out^T, with q, k, v from norm(x), for x [B, T, H]: [B * Q, H].

    w_query [H, H], w_key_value [2 H, H], w_out [H, H]; bias [A, 1 or B, Q, T] gives the number of heads A. `asking`
    says who gets an answer: every token (None, Q = T), the first Q tokens of each row (a number), or chosen ones
    (rows of x.view(B * T, H), one model only); all tokens answer. hidden: bool, broadcast to [A, B, Q, T], true for
    keys that nobody may see (padding). keep_share [A, B, Q, T] and keep [B * Q, H]: dropout's factors.
    """
    dtype = _format(x)
    with torch.autocast(x.device.type, enabled=False):
        return _SelfAttention.apply(
            x, scale, shift, w_query, w_key_value, w_out, bias, asking, hidden, keep_share, keep, dtype
        )


class _FeedForward(Function):
    @staticmethod
    def forward(ctx, x, scale, shift, w_in, w_out, keep, dtype):
        rows, normed, mean, deviation = _norm(x, scale, shift, dtype)
        inside = _product(rows, w_in.to(dtype).mT).clamp_min_(0)
        squared = inside * inside
        ctx.save_for_backward(x, scale, w_in, w_out, keep, rows, normed, mean, deviation, inside, squared)
        return _add_product(x, squared, w_out.to(dtype).mT, keep)

    @staticmethod
    def backward(ctx, grad):
        x, scale, w_in, w_out, keep, rows, normed, mean, deviation, inside, squared = ctx.saved_tensors
        dtype = rows.dtype
        above = (grad if keep is None else grad * keep).to(dtype)
        grad_out = _product(above.mT, squared)
        grad_inside = _scaled_product(above, w_out.to(dtype), 2.0).mul_(inside)
        grad_in = _product(grad_inside.mT, rows)
        grad_rows = _product(grad_inside, w_in.to(dtype))
        grad_x, grad_scale, grad_shift = _norm_backward(grad_rows, x, scale, normed, mean, deviation)
        grad_x.add_(grad)
        return grad_x, grad_scale, grad_shift, grad_in.to(w_in.dtype), grad_out.to(w_out.dtype), None, None


class _SelfAttention(Function):
    @staticmethod
    def forward(ctx, x, scale, shift, w_query, w_key_value, w_out, bias, asking, hidden, keep_share, keep, dtype):
        heads, batch, length = bias.shape[-4], x.shape[-3], x.shape[-2]
        rows, normed, mean, deviation = _norm(x, scale, shift, dtype)
        key, value = _split(_product(rows.flatten(-3, -2), w_key_value.to(dtype).mT), batch, heads, 2)
        asked = _pick(rows, asking)
        (query,) = _split(_product(asked, w_query.to(dtype).mT), batch, heads, 1)
        scores = torch.bmm(_flat(query), _flat(key).mT).view(*query.shape[:-1], length)
        torch.add(bias.to(dtype), scores, alpha=query.shape[-1] ** -0.5, out=scores)
        if hidden is not None:
            scores.masked_fill_(hidden, -torch.inf)
        share = torch._softmax(scores, -1, False, out=scores)
        kept = share if keep_share is None else share * keep_share.to(dtype)
        mixed = _merge(torch.bmm(_flat(kept), _flat(value)).view(1, *query.shape))
        ctx.asking, ctx.bias_like = asking, (bias.shape, bias.dtype)
        ctx.save_for_backward(
            x,
            scale,
            w_query,
            w_key_value,
            w_out,
            keep_share,
            keep,
            rows,
            normed,
            mean,
            deviation,
            asked,
            query,
            key,
            value,
            share,
            mixed,
        )
        return _add_product(_pick(x, asking), mixed, w_out.to(dtype).mT, keep)

    @staticmethod
    def backward(ctx, grad):
        x, scale, w_query, w_key_value, w_out, keep_share, keep, *saved = ctx.saved_tensors
        rows, normed, mean, deviation, asked, query, key, value, share, mixed = saved
        dtype, batch, heads = rows.dtype, x.shape[-3], query.shape[-4]
        above = (grad if keep is None else grad * keep).to(dtype)
        grad_out = _product(above.mT, mixed)
        (grad_mixed,) = _split(_product(above, w_out.to(dtype)), batch, heads, 1)
        grad_both = torch.empty((2, *key.shape), dtype=dtype, device=x.device)
        kept = share if keep_share is None else share * keep_share.to(dtype)
        torch.bmm(_flat(kept).mT, _flat(grad_mixed), out=_flat(grad_both[1]))
        grad_scores = torch.bmm(_flat(grad_mixed), _flat(value).mT).view(share.shape)
        if keep_share is not None:
            grad_scores.mul_(keep_share)
        torch._softmax_backward_data(grad_scores, share, -1, dtype, grad_input=grad_scores)
        shape, bias_dtype = ctx.bias_like
        grad_bias = grad_scores.sum_to_size(shape).to(bias_dtype)
        factor = query.shape[-1] ** -0.5
        _scaled_product(_flat(grad_scores).mT, _flat(query), factor, out=_flat(grad_both[0]))
        grad_query = _merge(_scaled_product(_flat(grad_scores), _flat(key), factor).view(1, *query.shape))
        grad_both = _merge(grad_both)
        grad_w_query = _product(grad_query.mT, asked)
        grad_w_both = _product(grad_both.mT, rows.flatten(-3, -2))
        grad_rows = _product(grad_both, w_key_value.to(dtype)).view(x.shape)
        _put(grad_rows, _product(grad_query, w_query.to(dtype)), ctx.asking)
        grad_x, grad_scale, grad_shift = _norm_backward(grad_rows, x, scale, normed, mean, deviation)
        _put(grad_x, grad, ctx.asking)
        return (
            grad_x,
            grad_scale,
            grad_shift,
            grad_w_query.to(w_query.dtype),
            grad_w_both.to(w_key_value.dtype),
            grad_out.to(w_out.dtype),
            grad_bias,
            None,
            None,
            None,
            None,
            None,
        )


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
        return LAYER_NORM_BACKWARD(
            grad, x, scale.shape, mean, deviation, scale, scale, [True, True, True]
        )  # the fourth of its weights is the shift, of which only the shape counts
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


def _scaled_product(left: Tensor, right: Tensor, factor: float, out: Tensor | None = None) -> Tensor:
    """factor * left right, without a pass for the factor."""
    if out is None:
        out = left.new_empty(*left.shape[:-1], right.shape[-1])
    product = torch.addmm if out.dim() == 2 else torch.baddbmm
    return product(out, left, right, beta=0, alpha=factor, out=out)


def _split(rows: Tensor, batch: int, heads: int, parts: int) -> Tensor:
    """[*, B * T, parts * H] to [parts, *, A, B, T, H / A]: heads first, so that each product is one batched call."""
    x = rows.view(*rows.shape[:-2], batch, rows.shape[-2] // batch, parts, heads, -1)
    return x.permute((2, 3, 0, 1, 4) if rows.dim() == 2 else (3, 0, 4, 1, 2, 5)).contiguous()


def _merge(x: Tensor) -> Tensor:
    """What `_split` took apart: [parts, *, A, B, T, H / A] to [*, B * T, parts * H]."""
    if x.dim() == 5:
        return x.permute(2, 3, 0, 1, 4).reshape(x.shape[2] * x.shape[3], -1)
    return x.permute(1, 3, 4, 0, 2, 5).reshape(x.shape[1], x.shape[3] * x.shape[4], -1)


def _flat(x: Tensor) -> Tensor:
    """[*, T, D] as one batch of matrices [*, T, D]."""
    return x.flatten(0, -3)


def _pick(x: Tensor, asking: int | Tensor | None) -> Tensor:
    """x [*, B, T, H] to [*, B * Q, H]: the rows of those who ask."""
    if asking is None:
        return x.flatten(-3, -2)
    if isinstance(asking, int):
        return x[..., :asking, :].flatten(-3, -2)
    return x.view(-1, x.shape[-1]).index_select(0, asking)


def _put(x: Tensor, rows: Tensor, asking: int | Tensor | None) -> None:
    """Add the rows [*, B * Q, H] where `_pick` took them from."""
    if asking is None:
        x.flatten(-3, -2).add_(rows)
    elif isinstance(asking, int):
        x[..., :asking, :].add_(rows.view(*x.shape[:-2], asking, -1))
    else:
        x.view(-1, x.shape[-1]).index_add_(0, asking, rows.to(x.dtype))
