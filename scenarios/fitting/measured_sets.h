#pragma once
// Our own measurements (twinlink.measurement/1) as they stand in the file, checked.
//
// Errors (InputError, all at once, each with line and column): keys that are missing or unknown,
// times that are not positive, p10 > median or median > p90, a list of samples that is not n long,
// and GBps or TFLOPs that do not follow from the median: then times are in another unit. A file cut
// in half is no JSON and is refused where it ends.
#include <cstdint>
#include <string>
#include <vector>

#include "models/plan/plan_builder.h"

namespace twinlink::scenarios {

// "what" of a set; texts are empty and numbers 0 where the set does not have them.
struct MeasuredWhat {
  std::string measure, operation, algorithm, element, registered, consumer, beside;
  std::int64_t bytes = 0, ranks = 0, gpus = 0, ctas = 0, threads = 0, loads = 0;
  double flops = 0;
  [[nodiscard]] models::LaneShape shape() const;
};

struct MeasuredSet {
  MeasuredWhat what;
  std::string method;
  double median_us = 0, p10_us = 0, p90_us = 0;
};

struct MeasuredFile {
  std::string suite;
  std::vector<std::string> devices;  // names
  std::int64_t l2_bytes = 0;
  std::vector<MeasuredSet> sets;
};

MeasuredFile read_measured_sets(const std::string& text, const std::string& file);

}  // namespace twinlink::scenarios
