#pragma once
// What a set of signed errors comes to. errors: 100 x (predicted - reference) / |reference|, in per
// cent; median, p90 and max are of their absolute values (quantile.h), bias is their plain mean
// (positive: predicted too large). No errors: n = 0 and the rest is 0.
#include <span>

namespace twinlink::analysis {

struct ErrorSummary {
  int n = 0;
  double median = 0, p90 = 0, max = 0, bias = 0;  // per cent
};

ErrorSummary summarise_errors(std::span<const double> errors);

}  // namespace twinlink::analysis
