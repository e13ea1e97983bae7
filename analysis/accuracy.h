#pragma once
// How far predictions are from measurements: the figures every validation states.
//
//   ape       |predicted / measured - 1|, in per cent
//   bias      mean of predicted / measured - 1, in per cent (positive: predicted too slow)
//   choice    among the algorithms of one cell (same machine, operation, ranks, bytes) the one with
//             the smallest predicted time is right if no other was measured faster
//   regret    measured time of that choice / measured time of the best - 1, in per cent, mean
// Cells with one algorithm say nothing about choices. Times are positive.
#include <cstdint>
#include <span>
#include <string>

namespace twinlink::analysis {

struct Sample {
  std::string machine, operation, algorithm;
  int ranks = 0;
  std::int64_t bytes = 0;
  double measured_us = 0, predicted_us = 0;
  bool together = false;  // beside another consumer (or rank of its GPU), not alone
  bool choice = true;     // one of several ways to do the same; else in no cell
};

struct Accuracy {
  int n = 0;
  double median_ape = 0, p90_ape = 0, max_ape = 0, bias = 0;  // per cent
  int cells = 0;                                              // with a choice
  double choice_right = 0;                                    // share of those, 0 to 1
  double regret = 0;                                          // per cent
};

Accuracy accuracy(std::span<const Sample> samples);

}  // namespace twinlink::analysis
