#!/bin/sh
# Leaves of a node_modules what a node on Linux needs: two packages hold the libraries of every system and browser.
# usage: prune-modules.sh NODE_MODULES ARCH    ARCH as Node names it: x64 or arm64
set -eu
modules=${1:?usage: prune-modules.sh NODE_MODULES ARCH}
arch=${2:?usage: prune-modules.sh NODE_MODULES ARCH}

native=$modules/onnxruntime-node/bin/napi-v6
[ -d "$native/linux/$arch" ] || { echo "prune-modules: onnxruntime-node has nothing for linux/$arch" >&2; exit 1; }
for found in "$native"/*/*; do
  [ "$found" = "$native/linux/$arch" ] || rm -rf "$found"
done

# what Node loads for --device wasm; the rest is for browsers
find "$modules/onnxruntime-web/dist" -type f \
  ! -name 'ort.node.min.mjs' ! -name 'ort-wasm-simd-threaded.mjs' ! -name 'ort-wasm-simd-threaded.wasm' -delete

# the Node that npm would bring: the image has one
rm -rf "$modules/node" "$modules"/node-bin-* "$modules"/node-linux-* "$modules/.bin/node"
find "$modules" -type f -name '*.map' -delete
