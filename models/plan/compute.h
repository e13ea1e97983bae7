#pragma once
// The work of a compute op: how much of what, and, where it is known, which matrix products.
//
// No effect on data is stated: checks and executors take destinations of compute ops as written.
#include <cstdint>
#include <string>
#include <vector>

#include "models/plan/vocabulary.h"
#include "topology/units.h"

namespace twinlink::models {

// `count` independent matrix products C (m x n) = A (m x k) B (k x n); A are weights, 2 m n k FLOPs
// each.
struct Product {
  std::int64_t m = 0, n = 0, k = 0, count = 1;
  bool operator==(const Product&) const = default;
};

// A compute op's work: it takes `fixed`, which no rate shortens (small launches of the host), and
// then the larger of flops / (efficiency x peak) and its HBM traffic.
// products: what a GPU multiplies, one after the other; empty: nothing is said about shapes. The
// first `weight_sources` sources of the op hold the weights A of all products in order, dense and
// one after another within a source; 0: no buffer of the plan holds them.
struct Compute {
  std::string kernel;
  double flops = 0;
  Bytes hbm_bytes;
  WorkKind work = WorkKind::plain;
  Precision precision = Precision::bf16;
  Duration fixed{};
  std::vector<Product> products = {};
  std::uint32_t weight_sources = 0;
};

}  // namespace twinlink::models
