#!/usr/bin/env python3
"""moe_torch.py - the model of `moetrain bench` in plain PyTorch, to compare speeds on the same card in the same run.

usage: moe_torch.py [--shape K=V,...] [--how eager|compiled] [--steps N] [--models J] [--rate]

Prints one JSON object: tokens_per_s over all J models (trained by turns in one process), model_tflops (6 (Na without
embeddings + d_model vocab) + 6 n_layers n_heads d_head seq_len a token), ms_per_step. --rate prints the card's own
bf16 product rate instead (8192 cubed, the best of 20). Needs PyTorch 2.8 or later with CUDA; nothing else in this
repository does.
"""
import argparse
import json
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

SHAPE = dict(d_model=128, n_layers=4, n_heads=4, n_experts=32, top_k=6, n_shared=2, d_ff_expert=96, seq_len=128,
             batch=16, vocab=512, tied=0)


def rotate(x_BHTd):
    T, d = x_BHTd.shape[-2:]
    angle = torch.arange(T, device=x_BHTd.device)[:, None] * 10000 ** (
        -torch.arange(0, d, 2, device=x_BHTd.device).float() / d)
    c, s = angle.cos().to(x_BHTd.dtype), angle.sin().to(x_BHTd.dtype)
    a, b = x_BHTd.chunk(2, -1)
    return torch.cat([a * c - b * s, a * s + b * c], -1)


class Attention(nn.Module):
    def __init__(self, p):
        super().__init__()
        self.heads = p["n_heads"]
        self.qkv = nn.Linear(p["d_model"], 3 * p["d_model"], bias=False)
        self.out = nn.Linear(p["d_model"], p["d_model"], bias=False)

    def forward(self, x_BTD):
        B, T, D = x_BTD.shape
        q, k, v = (y.view(B, T, self.heads, -1).transpose(1, 2) for y in self.qkv(x_BTD).chunk(3, -1))
        y = F.scaled_dot_product_attention(rotate(q), rotate(k), v, is_causal=True)
        return self.out(y.transpose(1, 2).reshape(B, T, D))


class Experts(nn.Module):
    """Dropless top-k of E by sorting and grouped products, beside a shared block."""

    def __init__(self, p):
        super().__init__()
        D, E, ff = p["d_model"], p["n_experts"], p["d_ff_expert"]
        self.E, self.k = E, p["top_k"]
        self.router = nn.Parameter(torch.randn(D, E) * 0.02)
        self.register_buffer("bias", torch.zeros(E))
        self.up = nn.Parameter(torch.randn(E, D, 2 * ff) * D**-0.5)
        self.down = nn.Parameter(torch.randn(E, ff, D) * ff**-0.5)
        width = p["n_shared"] * ff
        self.shared_up = nn.Linear(D, 2 * width, bias=False) if width else None
        self.shared_down = nn.Linear(width, D, bias=False) if width else None

    def grouped(self, x_SK, w_EKN, end_E):
        return torch._grouped_mm(x_SK.bfloat16(), w_EKN.bfloat16(), offs=end_E)

    def forward(self, x_BTD):
        x_TD = x_BTD.reshape(-1, x_BTD.shape[-1])
        with torch.autocast("cuda", enabled=False):
            score_TE = torch.sigmoid(x_TD.float() @ self.router)
        index_TK = torch.topk(score_TE + self.bias, self.k).indices
        weight_TK = 2 * score_TE.gather(1, index_TK)
        order_S = index_TK.flatten().argsort(stable=True)
        count_E = torch.zeros(self.E, dtype=torch.int32, device=x_TD.device)
        count_E = count_E.scatter_add(0, index_TK.flatten(), torch.ones_like(index_TK.flatten(), dtype=torch.int32))
        end_E = count_E.cumsum(0).int()
        gate, up = self.grouped(x_TD[order_S // self.k], self.up, end_E).chunk(2, -1)
        y_SD = self.grouped(F.silu(gate) * up, self.down, end_E)
        y_SD = y_SD * weight_TK.flatten()[order_S, None].to(y_SD.dtype)
        y_TD = torch.zeros_like(x_TD, dtype=y_SD.dtype).index_add(0, order_S // self.k, y_SD)
        if self.shared_up is not None:
            gate, up = self.shared_up(x_TD).chunk(2, -1)
            y_TD = y_TD + self.shared_down(F.silu(gate) * up)
        return y_TD.view_as(x_BTD)


class Model(nn.Module):
    def __init__(self, p):
        super().__init__()
        self.embedding = nn.Embedding(p["vocab"], p["d_model"])
        self.layers = nn.ModuleList(
            nn.ModuleList([nn.RMSNorm(p["d_model"]), Attention(p), nn.RMSNorm(p["d_model"]), Experts(p)])
            for _ in range(p["n_layers"]))
        self.norm = nn.RMSNorm(p["d_model"])
        self.head = nn.Linear(p["d_model"], p["vocab"], bias=False)
        if p["tied"]:
            self.head.weight = self.embedding.weight

    def forward(self, token_BT, target_BT):
        x = self.embedding(token_BT)
        for norm1, attention, norm2, experts in self.layers:
            x = x + attention(norm1(x))
            x = x + experts(norm2(x))
        logits = self.head(self.norm(x)).float()
        return F.cross_entropy(logits.flatten(0, 1), target_BT.flatten())


def flops_a_token(p):
    D, L, ff = p["d_model"], p["n_layers"], p["d_ff_expert"]
    a_layer = 4 * D * D + 3 * D * ff * (p["top_k"] + p["n_shared"]) + D * p["n_experts"] + 2 * D
    return 6 * (L * a_layer + D + D * p["vocab"]) + 6 * L * D * p["seq_len"]


def product_rate(n=8192):
    a, b = (torch.randn(n, n, device="cuda", dtype=torch.bfloat16) for _ in range(2))
    best = 0
    for _ in range(20):
        torch.cuda.synchronize()
        start = time.perf_counter()
        a @ b
        torch.cuda.synchronize()
        best = max(best, 2 * n**3 / (time.perf_counter() - start))
    return best / 1e12


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shape", default="")
    parser.add_argument("--how", choices=["eager", "compiled"], default="eager")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--models", type=int, default=1)
    parser.add_argument("--rate", action="store_true")
    a = parser.parse_args()
    if a.rate:
        print(json.dumps({"card": torch.cuda.get_device_name(), "product_tflops": product_rate()}))
        return
    p = SHAPE | {k: int(v) for k, v in (item.split("=") for item in a.shape.split(",") if item)}
    torch.manual_seed(1)
    models = [Model(p).cuda() for _ in range(a.models)]
    optimisers = [torch.optim.AdamW(m.parameters(), lr=1e-3, fused=True) for m in models]
    forward = [torch.compile(m) if a.how == "compiled" else m for m in models]
    tokens = torch.randint(p["vocab"], (p["batch"], p["seq_len"] + 1), device="cuda")
    x, y = tokens[:, :-1].contiguous(), tokens[:, 1:].contiguous()

    def step():
        for m, o, f in zip(models, optimisers, forward):
            with torch.autocast("cuda", torch.bfloat16):
                loss = f(x, y)
            loss.backward()
            nn.utils.clip_grad_norm_(m.parameters(), 1.0)
            o.step()
            o.zero_grad(set_to_none=True)

    for _ in range(5):
        step()
    best = float("inf")
    for _ in range(3):
        torch.cuda.synchronize()
        start = time.perf_counter()
        for _ in range(a.steps):
            step()
        torch.cuda.synchronize()
        best = min(best, (time.perf_counter() - start) / a.steps)
    rate = a.models * p["batch"] * p["seq_len"] / best
    print(json.dumps({"how": a.how, "models": a.models, "shape": p, "tokens_per_s": rate, "ms_per_step": 1e3 * best,
                      "model_tflops": rate * flops_a_token(p) / 1e12, "torch": torch.__version__}))


if __name__ == "__main__":
    main()
