"""PyTorch's side of `npm run bench -- train`: the same models, shapes and optimiser.

Reads lines `MODEL STEPS` from stdin; trains that many steps and answers with
the milliseconds they took and the last loss. The first line written is
PyTorch's version. Usage: train-pytorch.py THREADS
"""

import math
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn


def mlp():
    net = nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 10))
    return net, torch.randn(256, 784), torch.randint(0, 10, (256,))


def lenet():
    net = nn.Sequential(
        nn.Conv2d(1, 32, 5, padding=2), nn.MaxPool2d(2), nn.ReLU(),
        nn.Conv2d(32, 64, 5, padding=2), nn.MaxPool2d(2), nn.ReLU(),
        nn.Flatten(), nn.Linear(3136, 512), nn.ReLU(), nn.Linear(512, 10),
    )  # fmt: skip
    return net, torch.randn(32, 1, 28, 28), torch.randint(0, 10, (32,))


class Block(nn.Module):
    def __init__(self, fan_in, fan_out, stride):
        super().__init__()
        self.conv0 = nn.Conv2d(fan_in, fan_out, 3, stride, 1, bias=False)
        self.norm0 = nn.GroupNorm(8, fan_out)
        self.conv1 = nn.Conv2d(fan_out, fan_out, 3, 1, 1, bias=False)
        self.norm1 = nn.GroupNorm(8, fan_out)
        self.shortcut = nn.Identity() if fan_in == fan_out else nn.Conv2d(fan_in, fan_out, 1, stride, bias=False)

    def forward(self, x):
        h = F.relu(self.norm0(self.conv0(x)))
        return F.relu(self.norm1(self.conv1(h)) + self.shortcut(x))


def resnet8():
    net = nn.Sequential(
        nn.Conv2d(3, 16, 3, padding=1, bias=False), nn.GroupNorm(8, 16), nn.ReLU(),
        Block(16, 16, 1), Block(16, 32, 2), Block(32, 64, 2),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10),
    )  # fmt: skip
    return net, torch.randn(32, 3, 32, 32), torch.randint(0, 10, (32,))


class Attention(nn.Module):
    def __init__(self, width, heads, length):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.register_buffer("mask", torch.full((length, length), float("-inf")).triu(1))

    def forward(self, x):
        batch, length, width = x.shape
        apart = self.qkv(x).view(batch, length, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        q, k, v = (part.reshape(batch * self.heads, length, -1) for part in apart)
        scores = torch.baddbmm(self.mask, q, k.transpose(1, 2), alpha=1 / math.sqrt(q.shape[-1]))
        mixed = torch.bmm(scores.softmax(-1), v).view(batch, self.heads, length, -1)
        return self.out(mixed.transpose(1, 2).reshape(batch, length, width))


class Decoder(nn.Module):
    def __init__(self, width, heads, length):
        super().__init__()
        self.norm0 = nn.LayerNorm(width)
        self.attention = Attention(width, heads, length)
        self.norm1 = nn.LayerNorm(width)
        self.up = nn.Linear(width, 4 * width)
        self.down = nn.Linear(4 * width, width)

    def forward(self, x):
        x = x + self.attention(self.norm0(x))
        return x + self.down(F.gelu(self.up(self.norm1(x)), approximate="tanh"))


class Gpt(nn.Module):
    def __init__(self, layers=4, width=128, heads=4, length=128, vocabulary=512):
        super().__init__()
        self.tokens = nn.Embedding(vocabulary, width)
        self.positions = nn.Parameter(0.02 * torch.randn(length, width))
        self.blocks = nn.Sequential(*(Decoder(width, heads, length) for _ in range(layers)))
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, vocabulary, bias=False)

    def forward(self, x):
        return self.head(self.norm(self.blocks(self.tokens(x) + self.positions))).flatten(0, 1)


def gpt():
    return Gpt(), torch.randint(0, 512, (8, 128)), torch.randint(0, 512, (8 * 128,))


def trainer(make):
    net, x, y = make()
    optimiser = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9)

    def step():
        optimiser.zero_grad(set_to_none=True)
        loss = F.cross_entropy(net(x), y)
        loss.backward()
        optimiser.step()
        return loss.item()

    return step


def main():
    torch.manual_seed(1)
    torch.set_num_threads(int(sys.argv[1]))
    makers = {"mlp": mlp, "lenet": lenet, "resnet8": resnet8, "gpt": gpt}
    trainers = {}
    print(torch.__version__, flush=True)

    for line in sys.stdin:
        name, steps = line.split()
        if name not in trainers:
            trainers = {name: trainer(makers[name])}  # one at a time: memory
        start = time.perf_counter()
        for _ in range(int(steps)):
            loss = trainers[name]()
        print((time.perf_counter() - start) * 1000, loss, flush=True)


if __name__ == "__main__":
    main()
