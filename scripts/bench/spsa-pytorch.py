"""PyTorch's side of `npm run bench -- spsa`: what MeZO does for each projection.

Reads lines `DIM COUNT` from stdin: draws COUNT Gaussian directions of DIM
parameters, each from a seed of its own, adds each times a coefficient to the
weights, and answers with the milliseconds of the processor's time that took.
The first line written is PyTorch's version. Usage: spsa-pytorch.py THREADS
"""

import sys
import time

import torch


def main():
    torch.set_num_threads(int(sys.argv[1]))
    generator = torch.Generator()
    weights = direction = torch.empty(0)
    print(torch.__version__, flush=True)

    for line in sys.stdin:
        dim, count = map(int, line.split())
        if len(weights) != dim:
            weights, direction = torch.zeros(dim), torch.empty(dim)
        start = time.thread_time()
        for seed in range(count):
            generator.manual_seed(seed)
            direction.normal_(generator=generator)
            weights.add_(direction, alpha=1e-6 * (seed - 50))
        print((time.thread_time() - start) * 1000, flush=True)


if __name__ == "__main__":
    main()
